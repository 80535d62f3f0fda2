import * as nodeFs from 'node:fs/promises';
import type { VfsBackend } from '../../backend.ts';
import { aHostPath, checked } from '../../checks.ts';
import { VfsError } from '../../errors.ts';
import { fromFsPromises } from '../fs-adapter/index.ts';
import {
  Listings,
  close,
  closeFile,
  copyRange,
  fsync,
  lockedBackend,
  read,
  write,
  fromForeign,
} from '../shared/foreign/index.ts';
import { ContentLocks, HandleTable, namedError } from '../shared/index.ts';
import { openRootPlace, statDescriptor } from './descriptors.ts';
import { Directory } from './directory.ts';
import { DirectoryTree } from './directory-tree.ts';
import { capabilitiesOn } from './file-system-types.ts';
import type { Host } from './host.ts';
import { keyOf } from './host-stats.ts';
import { lstat, readdir, setstat, statfs } from './operations-on-attributes.ts';
import { fsetstat, fstat, open } from './operations-on-files.ts';
import { link, mkdir, readlink, rename, rmdir, symlink, unlink } from './operations-on-names.ts';
import { syncFileSystem } from './sync-file-system.ts';

export interface HostBackendOptions {
  /** Open files at most: `EMFILE` beyond. Default: 1,024. */
  readonly filesMax?: number | undefined;
  /** Directories that stay open between calls, since finding them costs most. 0: none. Default: 64. */
  readonly directoriesKept?: number | undefined;
  /**
   * `kept`: what is made belongs to the owner that a call names. `host`: everything belongs to the user of this
   * process, and cannot be given away. Default: `kept` for root, who alone can do it.
   */
  readonly owners?: 'kept' | 'host' | undefined;
  /** Names of one directory in memory at most while it is listed. Default: 65,536. */
  readonly namesInMemory?: number | undefined;
  /**
   * Where there is no Linux: be content with looking at each name of a path before it is used, which another program
   * of the host that swaps names at the right moment can get around. Default: refuse to start there.
   */
  readonly allowRaces?: boolean | undefined;
  /** The platform to behave for. Default: the one that this runs on. */
  readonly platform?: NodeJS.Platform | undefined;
  /** Go into file systems that are mounted below the root. Default: they are not there (`EACCES` when named). */
  readonly crossMounts?: boolean | undefined;
}

const FILES_MAX = 1024;
const DIRECTORIES_KEPT = 64;
const NAMES_IN_MEMORY = 65_536;

/** A folder of the host as a storage: docs/host-backend.md says what it promises, and against whom. */
export const HostBackend = {
  /** `root` is a folder that is there. Throws `ENOENT`, `ENOTDIR`, `EACCES`; `ENOTSUP` on anything but Linux, unless races are allowed. */
  async open(root: string, options: HostBackendOptions = {}): Promise<VfsBackend> {
    checked(root, 'root', aHostPath);
    try {
      if ((options.platform ?? process.platform) !== 'linux') return await withRaces(root, options);
      return backendOn(await openHost(root, options));
    } catch (error) {
      throw namedError(fromForeign(error), 'open');
    }
  },
};

/** Without /proc there is no way to open a name relative to an open directory. */
async function withRaces(root: string, options: HostBackendOptions): Promise<VfsBackend> {
  const isWindows = (options.platform ?? process.platform) === 'win32';
  if (isWindows || options.allowRaces !== true) {
    const detail = isWindows ? 'Windows has other files' : 'safe on Linux only; see the option allowRaces';
    throw new VfsError('ENOTSUP', { detail: `a folder of the host as a storage: ${detail}` });
  }
  return fromFsPromises(nodeFs, {
    root,
    names: 'bytes',
    sparse: true,
    persistent: true,
    countsDirectories: true,
    owners: ownersFor(options),
    filesMax: options.filesMax,
    namesInMemory: options.namesInMemory,
  });
}

function ownersFor({ owners }: HostBackendOptions): 'kept' | 'host' {
  return owners ?? (process.getuid?.() === 0 ? 'kept' : 'host');
}

async function openHost(root: string, options: HostBackendOptions): Promise<Host> {
  const handle = await openRootPlace(root);
  try {
    const stats = await statDescriptor(handle);
    return {
      capabilities: await capabilitiesOn(handle.fd),
      tree: new DirectoryTree(new Directory(handle, keyOf(stats)), stats.dev, {
        crossMounts: options.crossMounts ?? false,
        keep: options.directoriesKept ?? DIRECTORIES_KEPT,
      }),
      contents: new ContentLocks(),
      listings: new Listings(options.namesInMemory ?? NAMES_IN_MEMORY),
      files: new HandleTable(),
      filesMax: options.filesMax ?? FILES_MAX,
      fileSizeMax: Number.MAX_SAFE_INTEGER,
      owners: ownersFor(options),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function backendOn(host: Host): VfsBackend {
  const sync = (): Promise<void> => syncFileSystem(host.tree.root.fd);
  return lockedBackend({
    store: host,
    capabilities: host.capabilities,
    // prettier-ignore
    operations: {
      open, read, write, copyRange, fstat, fsetstat, fsync, close,
      lstat, setstat, readdir, mkdir, rmdir, unlink, rename, link, symlink, readlink, statfs, sync,
    },
    toError: fromForeign,
    async letGo() {
      await Promise.allSettled(host.files.takeAll().map(closeFile));
      await host.tree.close();
    },
  });
}
