import { expect } from 'chai';
import type { OpName, VfsBackend } from '../../vfs/backend.ts';
import { OP_NAMES } from '../../vfs/ops.ts';
import { refused } from './expectations.ts';
import { at, type Suite } from './suite.ts';

const lock = { kind: 'shared', start: 0, length: 1, owner: 'x' } as const;
const path = at('/f');

type Arguments = { readonly [K in OpName]: Parameters<VfsBackend[K]> };

export function dispose(suite: Suite): void {
  describe('after dispose', () => {
    it('every operation is EBADF, and a second dispose is nothing', async () => {
      const handle = await suite.open('/f', { create: 'exclusive' });
      const bytes = new Uint8Array(1);
      const args: Arguments = {
        open: [path, { access: 'r' }, 0, {}],
        read: [handle, 0, 1, {}],
        write: [handle, 0, bytes, {}],
        copyRange: [handle, 0, 1, handle, 1, {}],
        fstat: [handle, {}],
        fsetstat: [handle, {}, {}],
        fsync: [handle, {}],
        close: [handle, {}],
        lstat: [path, {}],
        setstat: [path, {}, {}],
        readdir: [at('/'), { limit: 1 }, {}],
        mkdir: [at('/d'), 0, {}],
        rmdir: [at('/d'), {}],
        unlink: [path, {}],
        rename: [path, at('/g'), { replace: true }, {}],
        link: [path, at('/g'), {}],
        symlink: ['x', at('/l'), {}],
        readlink: [path, {}],
        statfs: [{}],
        sync: [{}],
        resolve: [path, 'keep', {}],
        lookup: [1, 'f', {}],
        statInode: [1, {}],
        pathToInode: [path, {}],
        inodeToPath: [1, {}],
        getxattr: [path, 'user.x', {}],
        setxattr: [path, 'user.x', bytes, 'set', {}],
        listxattr: [path, {}],
        removexattr: [path, 'user.x', {}],
        lock: [handle, lock, {}],
        tryLock: [handle, lock, {}],
        unlock: [handle, lock, {}],
      };
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
