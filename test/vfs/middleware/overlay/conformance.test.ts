import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import { checkStorage, SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import { stack, withCapabilities } from '../../../../vfs/layer.ts';
import { dryRun } from '../../../../vfs/middleware/dry-run.ts';
import { overlay } from '../../../../vfs/middleware/overlay.ts';
import { describeConformance, type Subject } from '../../../conformance/index.ts';
import { filledMemory, removeAll } from '../../../support/overlay-storage.ts';

const { capabilities } = await overlay(new MemoryBackend(), new MemoryBackend());

/** A lower store in which everything has the names that the suite uses, and all of them are removed. */
async function overHidden(): Promise<Subject> {
  const backend = await overlay(new MemoryBackend(), await filledMemory());
  await removeAll(backend);
  return { backend };
}

/** The lower store stays open, and so is what survives. */
const lasting = withCapabilities(
  (next) => next,
  (below) => ({ ...below, persistent: true }),
);

async function onSqlite(): Promise<Subject> {
  const directory = await mkdtemp(join(tmpdir(), 'anyfs-overlay-'));
  const file = join(directory, 'upper.db');
  const lower = stack(await filledMemory(), lasting);
  const open = async () => overlay(await SqliteBackend.open(file), lower);
  let backend = await open();
  await removeAll(backend);
  return {
    backend,
    reopen: async () => {
      await backend.dispose();
      return (backend = await open());
    },
    faults: () => checkStorage(file),
    remove: () => rm(directory, { recursive: true }),
  };
}

describeConformance('an overlay of two memory backends, of which everything below is removed', overHidden, {
  capabilities,
});
describeConformance('an overlay of SQLite over memory, of which everything is removed', onSqlite, {
  capabilities: { ...capabilities, persistent: true },
  fileSizeMax: 2 ** 45,
});
describeConformance('a dry run', () => ({ backend: stack(new MemoryBackend(), dryRun()) }), {
  capabilities: { ...capabilities, locks: false },
});
