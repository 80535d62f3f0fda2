import { fromFsPromises } from '../../vfs/backends/fs-adapter/index.ts';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import { FileStorage } from '../../vfs/file-storage.ts';
import { expectSameBehaviour } from './compare.ts';
import type { MachineFactory } from './machine.ts';

const memory: MachineFactory = () => ({ backend: new MemoryBackend() });

const adapted: MachineFactory = async () => {
  const storage = new FileStorage(new MemoryBackend());
  return { backend: await fromFsPromises(storage, { sparse: true, countsDirectories: true }) };
};

describe('random programs', () => {
  it('give the same on a FileStorage that is mounted again as on memory', async function () {
    this.timeout(120_000);
    await expectSameBehaviour(memory, adapted, { runs: 100, length: 60, view: 'shared' });
  });
});
