import type { CallContext, OpName, Resolution, VfsOperations } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { Call, Next, OpArgs, OpResult } from '../../layer.ts';
import type { VfsPath } from '../../path.ts';
import { resolveByCalls } from '../../resolve.ts';
import type { Hold } from '../shared/index.ts';
import type { Host } from './host.ts';
import { fromHost } from './host-error.ts';
import { lstat, readdir, setstat, statfs } from './operations-on-attributes.ts';
import { copyRange, read, write } from './operations-on-content.ts';
import { close, fsetstat, fstat, fsync, open } from './operations-on-files.ts';
import { link, mkdir, readlink, rename, rmdir, symlink, unlink } from './operations-on-names.ts';
import { syncFileSystem } from './sync-file-system.ts';

/** Each operation as a function of the host, under the lock on names that `HOLDS` says. */
type Operations = {
  readonly [K in OpName]: (host: Host, ...args: Parameters<VfsOperations[K]>) => Promise<OpResult<K>>;
};

const notSupported = (): Promise<never> => Promise.reject(new VfsError('ENOTSUP'));

export const OPERATIONS: Operations = {
  open,
  read,
  write,
  copyRange,
  fstat,
  fsetstat,
  fsync,
  close,
  lstat,
  setstat,
  readdir,
  mkdir,
  rmdir,
  unlink,
  rename,
  link,
  symlink,
  readlink,
  statfs,
  sync: (host) => syncFileSystem(host.tree.root.fd),
  resolve,
  lookup: notSupported,
  statInode: notSupported,
  pathToInode: notSupported,
  inodeToPath: notSupported,
  getxattr: notSupported,
  setxattr: notSupported,
  listxattr: notSupported,
  removexattr: notSupported,
  lock: notSupported,
  tryLock: notSupported,
  unlock: notSupported,
};

/** How the names of the whole tree are held meanwhile; `undefined`: not at all. */
const HOLDS: { readonly [K in OpName]?: Hold | ((args: OpArgs<K>) => Hold) } = {
  open: ([, flags]) => (flags.create === undefined ? 'shared' : 'exclusive'),
  lstat: 'shared',
  setstat: 'shared',
  readdir: 'shared',
  readlink: 'shared',
  resolve: 'shared',
  mkdir: 'exclusive',
  rmdir: 'exclusive',
  unlink: 'exclusive',
  rename: 'exclusive',
  link: 'exclusive',
  symlink: 'exclusive',
};

export function holdOf<K extends OpName>({ op, args }: Call<K>): Hold | undefined {
  const hold: Hold | ((args: OpArgs<K>) => Hold) | undefined = HOLDS[op];
  return typeof hold === 'function' ? hold(args) : hold;
}

/** Atomic with respect to all calls of this backend, since the names are held from the first step to the last. */
function resolve(host: Host, path: VfsPath, last: 'follow' | 'keep', ctx: CallContext): Promise<Resolution> {
  const next: Next = async (call) => {
    try {
      return await runOperation(host, call);
    } catch (error) {
      throw fromHost(error);
    }
  };
  return resolveByCalls(next, path, last, ctx);
}

/** Runs an operation; the caller holds the names. */
export function runOperation<K extends OpName>(host: Host, { op, args, ctx }: Call<K>): Promise<OpResult<K>> {
  const run = OPERATIONS[op] as (host: Host, ...args: readonly unknown[]) => Promise<OpResult<K>>;
  return run(host, ...(args as readonly unknown[]), ctx);
}
