import type { VfsBackend } from '../../backend.ts';
import type { Capabilities } from '../../capabilities.ts';
import { aFunction, checked, shape } from '../../checks.ts';
import { VfsError } from '../../errors.ts';
import {
  close,
  closeFile,
  copyRange,
  fromForeign,
  fsync,
  Listings,
  lockedBackend,
  read,
  write,
} from '../shared/foreign/index.ts';
import { ContentLocks, HandleTable, namedError } from '../shared/index.ts';
import type { Adapted } from './adapted.ts';
import { guarded } from './guarded.ts';
import type { FsPromises } from './fs-promises.ts';
import { lstat, readdir, setstat, statfs } from './operations-on-attributes.ts';
import { fsetstat, fstat, open } from './operations-on-files.ts';
import { link, mkdir, readlink, rename, rmdir, symlink, unlink } from './operations-on-names.ts';

export interface FromFsPromisesOptions {
  /** The directory of the file system that is the storage's root; it is there. Default: `/`. */
  readonly root?: string | undefined;
  /**
   * How names go in and out. `text` (default): as strings, for file systems that keep any string as it is. `bytes`: as
   * bytes, for Node's own and others that would lose names that are not UTF-8.
   */
  readonly names?: 'text' | 'bytes' | undefined;
  /** `kept`: what is made belongs to the owner that a call names. `host`: owners stay as they are. Default: `kept` where there is `lchown`. */
  readonly owners?: 'kept' | 'host' | undefined;
  /** Abilities that the object seems to have and that are not as they should be: refused with `ENOTSUP`. Default: none. */
  readonly without?: readonly ('symlinks' | 'hardLinks')[] | undefined;
  /** Holes take no space. Default: false. */
  readonly sparse?: boolean | undefined;
  /** What is there survives the end of the process. Default: false. */
  readonly persistent?: boolean | undefined;
  /** The number of links of a directory counts its subdirectories. Default: false, and directories show 1. */
  readonly countsDirectories?: boolean | undefined;
  /** The largest file in bytes, for file systems that do not refuse larger ones well. Default: 2^53 - 1. */
  readonly fileSizeMax?: number | undefined;
  /** Open files at most: `EMFILE` beyond. Default: 1,024. */
  readonly filesMax?: number | undefined;
  /** Names of one directory that are remembered while it is listed. Default: 65,536. */
  readonly namesInMemory?: number | undefined;
  /** Makes everything safe from loss of power. Absent: `sync` is `ENOTSUP` where `persistent`, and nothing otherwise. */
  readonly sync?: (() => Promise<void>) | undefined;
}

/** What an object must have; what else is absent is an ability that is. */
const NEEDED = shape(
  Object.fromEntries(
    ['lstat', 'open', 'readdir', 'mkdir', 'rmdir', 'unlink', 'rename'].map((name) => [name, aFunction]),
  ),
);
const FILES_MAX = 1024;
const NAMES_IN_MEMORY = 65_536;

/**
 * Any object in the shape of `node:fs/promises` as a storage: memfs, a FileStorage, a library's own.
 *
 * The contract is kept by looking before each step, under locks of this backend. So whoever else changes the same file
 * system at the same moment can come between; docs/fs-adapter.md says what that means.
 */
export async function fromFsPromises(
  fs: FsPromises,
  options: FromFsPromisesOptions = {},
): Promise<VfsBackend> {
  checked(fs, 'fs', NEEDED);
  try {
    return backendOn(await adapt(guarded(fs), options));
  } catch (error) {
    throw namedError(fromForeign(error), 'open');
  }
}

async function adapt(fs: FsPromises, options: FromFsPromisesOptions): Promise<Adapted> {
  const given = options.root ?? '/';
  // Without options it answers a string.
  const real = ((await fs.realpath?.(given)) ?? given) as string;
  const root = real.replace(/\/+$/, '');
  if (!(await fs.lstat(root === '' ? '/' : root)).isDirectory()) throw new VfsError('ENOTDIR');
  const { sparse = false, persistent = false } = options;
  const notSynced = (): Promise<void> => Promise.reject(new VfsError('ENOTSUP'));
  return {
    fs,
    root,
    names: options.names ?? 'text',
    countsDirectories: options.countsDirectories ?? false,
    capabilities: capabilitiesOf(fs, options.without ?? [], { sparse, persistent }),
    contents: new ContentLocks(),
    listings: new Listings(options.namesInMemory ?? NAMES_IN_MEMORY),
    files: new HandleTable(),
    filesMax: options.filesMax ?? FILES_MAX,
    fileSizeMax: options.fileSizeMax ?? Number.MAX_SAFE_INTEGER,
    owners: options.owners ?? (fs.lchown === undefined ? 'host' : 'kept'),
    sync: options.sync ?? (persistent ? notSynced : () => Promise.resolve()),
  };
}

function capabilitiesOf(
  fs: FsPromises,
  without: readonly (keyof Capabilities)[],
  known: Pick<Capabilities, 'sparse' | 'persistent'>,
): Capabilities {
  return {
    ...known,
    symlinks: fs.symlink !== undefined && fs.readlink !== undefined && !without.includes('symlinks'),
    hardLinks: fs.link !== undefined && !without.includes('hardLinks'),
    xattrs: false,
    locks: false,
    inodes: false,
    resolvesPaths: true,
    nanoseconds: false,
    limits: false,
  };
}

function backendOn(adapted: Adapted): VfsBackend {
  return lockedBackend({
    store: adapted,
    capabilities: adapted.capabilities,
    // prettier-ignore
    operations: {
      open, read, write, copyRange, fstat, fsetstat, fsync, close,
      lstat, setstat, readdir, mkdir, rmdir, unlink, rename, link, symlink, readlink, statfs,
      sync: () => adapted.sync(),
    },
    toError: fromForeign,
    async letGo() {
      await Promise.allSettled(adapted.files.takeAll().map(closeFile));
    },
  });
}
