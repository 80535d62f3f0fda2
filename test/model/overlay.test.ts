import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import { checkStorage, SqliteBackend } from '../../vfs/backends/sqlite/index.ts';
import type { VfsBackend } from '../../vfs/backend.ts';
import { stack } from '../../vfs/layer.ts';
import { dryRun } from '../../vfs/middleware/dry-run.ts';
import { overlay } from '../../vfs/middleware/overlay.ts';
import { readOnly } from '../../vfs/middleware/read-only.ts';
import type { Timestamp } from '../../vfs/stats.ts';
import { expectSameBehaviour } from './compare.ts';
import { newMachine, type MachineFactory } from './machine.ts';
import { BEGINNING } from './steps.ts';

const START: Timestamp = { seconds: 500, nanoseconds: 0 };

/** A memory backend on which a program has run before the clock of the test begins. */
async function filled(clock: () => Timestamp): Promise<VfsBackend> {
  let isReady = false;
  const backend = new MemoryBackend({ clock: () => (isReady ? clock() : START) });
  const machine = newMachine({ backend }, 'exact');
  for (const step of BEGINNING) await machine.perform(step);
  await machine.perform({ do: 'reopen' });
  isReady = true;
  return backend;
}

const memory: MachineFactory = async (clock) => ({ backend: await filled(clock) });

/** An overlay that is closed and opened again. */
const onSqlite: MachineFactory = async (clock) => {
  const directory = await mkdtemp(join(tmpdir(), 'anyfs-model-'));
  const file = join(directory, 'upper.db');
  const lower = stack(await filled(clock), readOnly());
  const open = async () => overlay(await SqliteBackend.open(file, { clock }), lower);
  let backend = await open();
  return {
    backend,
    reopen: async () => {
      await backend.dispose();
      return (backend = await open());
    },
    faults: () => checkStorage(file),
    remove: () => rm(directory, { recursive: true }),
  };
};

describe('random programs on a tree that is there already', () => {
  it('give the same through a dry run as on the storage itself', async function () {
    this.timeout(120_000);
    const dry: MachineFactory = async (clock) => ({
      backend: stack(await filled(clock), dryRun({ clock }), readOnly()),
    });
    // A dry run declares that it has no locks.
    const without = ['lock', 'tryLock', 'unlock'] as const;
    await expectSameBehaviour(memory, dry, { runs: 120, length: 60, without });
  });

  it('give the same through an overlay as on the lower store itself', async function () {
    this.timeout(120_000);
    const over: MachineFactory = async (clock) => ({
      backend: await overlay(new MemoryBackend({ clock }), stack(await filled(clock), readOnly())),
    });
    await expectSameBehaviour(memory, over, { runs: 120, length: 60, view: 'uncounted' });
  });

  it('give the same through an overlay of SQLite that is opened again now and then', async function () {
    this.timeout(120_000);
    await expectSameBehaviour(memory, onSqlite, { runs: 40, length: 60, view: 'uncounted' });
  });
});
