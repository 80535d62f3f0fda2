import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VfsBackend } from '../../../vfs/backend.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { connectBackend, serveBackend } from '../../../vfs/backends/remote/index.ts';
import { checkStorage, SqliteBackend } from '../../../vfs/backends/sqlite/index.ts';
import { describeConformance, type ConformanceOptions, type Subject } from '../../conformance/index.ts';
import { describeUnderLayers } from '../../conformance/under-layers.ts';
import { CHANNELS, type ChannelPair } from '../../support/channels.ts';

type Pair = () => Promise<ChannelPair>;

async function reach(pair: Pair, backend: VfsBackend): Promise<VfsBackend> {
  const [near, far] = await pair();
  serveBackend(backend, far, { disposes: true });
  return connectBackend(near);
}

async function newStorage(pair: Pair): Promise<Subject> {
  const directory = await mkdtemp(join(tmpdir(), 'anyfs-remote-'));
  const file = join(directory, 'storage.db');
  let backend = await reach(pair, await SqliteBackend.open(file));
  return {
    backend,
    reopen: async () => {
      await backend.dispose();
      return (backend = await reach(pair, await SqliteBackend.open(file, { create: false })));
    },
    faults: () => checkStorage(file),
    remove: () => rm(directory, { recursive: true }),
  };
}

const memory: ConformanceOptions = { capabilities: new MemoryBackend().capabilities };
/** 2^28 chunks of 128 KiB: 32 TiB. */
const sqlite: ConformanceOptions = {
  capabilities: { ...memory.capabilities, persistent: true },
  fileSizeMax: 2 ** 45,
};

for (const [carrier, pair] of Object.entries(CHANNELS)) {
  const inMemory = async (): Promise<Subject> => ({ backend: await reach(pair, new MemoryBackend()) });
  describeConformance(`MemoryBackend over ${carrier}`, inMemory, memory);
  describeConformance(`SqliteBackend over ${carrier}`, () => newStorage(pair), sqlite);
  describeUnderLayers(`MemoryBackend over ${carrier}`, inMemory, memory);
}
