import { createFsFromVolume, Volume } from 'memfs';
import { fromFsPromises } from '../../../vfs/backends/fs-adapter/index.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import type { Capabilities } from '../../../vfs/capabilities.ts';
import { FileStorage } from '../../../vfs/file-storage.ts';
import {
  describeConformance,
  LARGE_CROWD,
  SLOW_CROWD,
  type ConformanceOptions,
  type Subject,
} from '../../conformance/index.ts';
import { describeUnderLayers } from '../../conformance/under-layers.ts';

const capabilities: Capabilities = {
  symlinks: true,
  hardLinks: true,
  sparse: false,
  xattrs: false,
  locks: false,
  inodes: false,
  resolvesPaths: true,
  nanoseconds: false,
  limits: false,
  persistent: false,
};

/** memfs keeps a file in one buffer. */
const MEMFS_FILE_MAX = 2 ** 26;

/** memfs 4.80 renames what a symlink leads to instead of the link, and does not count a name that a rename replaces. */
const WITHOUT = ['symlinks', 'hardLinks'] as const;

/** What memfs 4.80 does otherwise. */
const MEMFS_DEVIATIONS = {
  'a change of size moves mtime and ctime; the size it has already moves ctime alone': 'chmod moves mtime',
  'any change moves ctime and leaves the other times': 'chmod moves mtime',
  'moves mtime and ctime of the target alone': 'reading moves atime',
  'a write moves mtime and ctime, and a read moves nothing': 'reading moves atime',
  'moves ctime of what is renamed, mtime and ctime of both directories, and no other time':
    'rename moves no ctime',
  'mkdir makes an empty directory with mode and owner': 'mode bits bind the superuser too',
  'several changes are made together, and through a handle too': 'mode bits bind the superuser too',
  'a new file by the old name is another one': 'numbers of open files are used again',
};

const onMemfs: ConformanceOptions = {
  capabilities: { ...capabilities, symlinks: false, hardLinks: false },
  idMax: 0xffff_fffe,
  fileSizeMax: MEMFS_FILE_MAX,
  listingMovesAccessTime: true,
  uncountedDirectories: true,
  deviations: MEMFS_DEVIATIONS,
};

async function memfs(): Promise<Subject> {
  const { promises } = createFsFromVolume(new Volume());
  return { backend: await fromFsPromises(promises, { fileSizeMax: MEMFS_FILE_MAX, without: WITHOUT }) };
}

const onFileStorage: ConformanceOptions = {
  capabilities: { ...capabilities, sparse: true },
  idMax: 0xffff_fffe,
};

async function fileStorage(): Promise<Subject> {
  const storage = new FileStorage(new MemoryBackend());
  return { backend: await fromFsPromises(storage, { sparse: true, countsDirectories: true }) };
}

/** The large one takes half a minute each. */
const CROWD = process.env['CI'] === undefined ? SLOW_CROWD : LARGE_CROWD;

describeConformance('memfs as a storage', memfs, { ...onMemfs, crowd: CROWD });
describeConformance('a FileStorage as a storage', fileStorage, { ...onFileStorage, crowd: CROWD });
describeUnderLayers('a FileStorage as a storage', fileStorage, onFileStorage);
// Its mode bits bind whoever is not the user of the process.
describeUnderLayers('memfs as a storage', memfs, onMemfs, {
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
});
