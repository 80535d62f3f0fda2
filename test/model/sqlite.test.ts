import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import { checkStorage, SqliteBackend } from '../../vfs/backends/sqlite/index.ts';
import { expectSameBehaviour } from './compare.ts';
import type { MachineFactory } from './machine.ts';

const memory: MachineFactory = (clock) => ({ backend: new MemoryBackend({ clock }) });

const sqlite: MachineFactory = async (clock) => {
  const directory = await mkdtemp(join(tmpdir(), 'anyfs-model-'));
  const file = join(directory, 'storage.db');
  let backend = await SqliteBackend.open(file, { clock });
  return {
    backend,
    reopen: async () => {
      await backend.dispose();
      return (backend = await SqliteBackend.open(file, { clock, create: false }));
    },
    faults: () => checkStorage(file),
    remove: () => rm(directory, { recursive: true }),
  };
};

describe('random programs', () => {
  it('give the same on SQLite as on memory, and leave a sound storage', async function () {
    this.timeout(120_000);
    await expectSameBehaviour(memory, sqlite, { runs: 150, length: 60 });
  });
});
