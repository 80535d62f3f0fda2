import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkStorage, SqliteBackend } from '../../../vfs/backends/sqlite/index.ts';
import type { Capabilities } from '../../../vfs/capabilities.ts';
import {
  describeConformance,
  LARGE_CROWD,
  type ConformanceOptions,
  type Subject,
} from '../../conformance/index.ts';
import { describeUnderLayers } from '../../conformance/under-layers.ts';

const capabilities: Capabilities = {
  symlinks: true,
  hardLinks: true,
  sparse: true,
  xattrs: true,
  locks: true,
  inodes: true,
  resolvesPaths: true,
  nanoseconds: true,
  limits: true,
  persistent: true,
};

/** 2^28 chunks of 128 KiB: 32 TiB. */
const options: ConformanceOptions = { capabilities, fileSizeMax: 2 ** 45 };

async function newStorage(): Promise<Subject> {
  const directory = await mkdtemp(join(tmpdir(), 'anyfs-sqlite-'));
  const file = join(directory, 'storage.db');
  let backend = await SqliteBackend.open(file);
  return {
    backend,
    reopen: async () => {
      await backend.dispose();
      return (backend = await SqliteBackend.open(file, { create: false }));
    },
    faults: () => checkStorage(file),
    remove: () => rm(directory, { recursive: true }),
  };
}

describeConformance('SqliteBackend', newStorage, { ...options, crowd: LARGE_CROWD });
describeUnderLayers('SqliteBackend', newStorage, options);
