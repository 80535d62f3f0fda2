import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import { stack } from '../../vfs/layer.ts';
import { cache } from '../../vfs/middleware/cache.ts';
import { expectSameBehaviour } from './compare.ts';
import type { MachineFactory } from './machine.ts';

const memory: MachineFactory = (clock) => ({ backend: new MemoryBackend({ clock }) });

describe('random programs', () => {
  for (const [size, bytes] of [
    ['large', 2 ** 24],
    ['tiny', 4000],
  ] as const)
    it(`give the same through a ${size} cache as without`, async function () {
      this.timeout(120_000);
      const cached: MachineFactory = (clock) => ({
        backend: stack(new MemoryBackend({ clock }), cache({ bytes })),
      });
      await expectSameBehaviour(memory, cached, { runs: 100, length: 60 });
    });
});
