import { expect } from 'chai';
import { OP_NAMES } from '../../vfs/ops.ts';
import { goodArguments } from './bad-input.ts';
import { refused } from './expectations.ts';
import type { Suite } from './suite.ts';

export function dispose(suite: Suite): void {
  describe('after dispose', () => {
    it('every operation is EBADF, and a second dispose is nothing', async () => {
      const handle = await suite.open('/f', { create: 'exclusive' });
      const args = goodArguments(handle);
      await suite.backend.dispose();
      for (const op of OP_NAMES) {
        const method = suite.backend[op] as (...given: readonly unknown[]) => Promise<unknown>;
        await refused(method.apply(suite.backend, [...args[op]]), 'EBADF');
      }
      await suite.backend.dispose();
      await Promise.all([suite.backend.dispose(), suite.backend.dispose()]);
    });

    it('operations that were under way have ended, one way or the other', async () => {
      const handle = await suite.open('/f', { create: 'exclusive' });
      const writes = Array.from({ length: 20 }, (_, index) =>
        suite.write(handle, index * 1000, 'x'.repeat(1000)),
      );
      const makes = Array.from({ length: 20 }, (_, index) => suite.mkdir(`/d${index}`));
      const ended = Promise.allSettled([...writes, ...makes]);
      await suite.backend.dispose();
      for (const outcome of await ended) {
        if (outcome.status === 'rejected') expect(outcome.reason).to.have.property('code', 'EBADF');
      }
    });
  });
}
