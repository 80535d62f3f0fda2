import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import { hostStorage } from '../support/host-storage.ts';
import { missing } from '../support/require-program.ts';
import { expectSameBehaviour } from './compare.ts';

describe('random programs', () => {
  it('give the same on a folder of the host as on memory', async function () {
    this.timeout(120_000);
    if (process.getuid?.() !== 0) missing(this, 'only root gives files away');
    const memory = () => ({ backend: new MemoryBackend() });
    await expectSameBehaviour(memory, () => hostStorage(), { runs: 60, length: 60, view: 'shared' });
  });
});
