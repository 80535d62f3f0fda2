import type { OpName, VfsOperations } from '../../backend.ts';
import type { Capabilities } from '../../capabilities.ts';
import { VfsError } from '../../errors.ts';
import { resolveByCalls } from '../../resolve.ts';
import type { Call, Next, OpResult } from '../../layer.ts';
import { fsetstat, lstat, readlink, setstat } from './attributes.ts';
import { link, mkdir, rename, rmdir, symlink, unlink } from './change-names.ts';
import { copyRange } from './copy-range.ts';
import { inodeToPath, lookup, statInode } from './inodes.ts';
import { readdir } from './list.ts';
import { lock, tryLock, unlock } from './locks.ts';
import { close, fstat, fsync, open, read, write } from './open-files.ts';
import type { Store } from './store.ts';
import { getxattr, listxattr, removexattr, setxattr } from './xattrs.ts';

type Operation<K extends OpName> = (
  store: Store,
  ...args: Parameters<VfsOperations[K]>
) => ReturnType<VfsOperations[K]>;
type Operations = { readonly [K in OpName]: Operation<K> };

/** Operations that look at names under the lock, and change them under it alone; the others take it where they need it. */
const LOOK = {
  lstat,
  readlink,
  readdir,
  getxattr,
  listxattr,
  statInode,
  lookup,
  inodeToPath,
  pathToInode: async (store, path, ctx) => (await lstat(store, path, ctx)).inode,
  statfs: (store, ctx) => store.accounts.statfs(ctx),
  resolve: (store, path, last, ctx) => resolveByCalls(unlocked(store), path, last, ctx),
} satisfies Partial<Operations>;

const CHANGE = {
  mkdir,
  symlink,
  link,
  unlink,
  rmdir,
  rename,
  setxattr,
  removexattr,
} satisfies Partial<Operations>;

const BY_THEMSELVES = {
  open,
  read,
  write,
  copyRange,
  fstat,
  fsetstat,
  fsync,
  close,
  setstat,
  sync: (store, ctx) => store.upper.sync(ctx),
  lock,
  tryLock,
  unlock,
} satisfies Partial<Operations>;

/** Operations that are refused where an ability is missing. */
const NEEDS: Partial<Record<OpName, keyof Capabilities>> = {
  symlink: 'symlinks',
  readlink: 'symlinks',
  link: 'hardLinks',
  lookup: 'inodes',
  statInode: 'inodes',
  pathToInode: 'inodes',
  inodeToPath: 'inodes',
  getxattr: 'xattrs',
  setxattr: 'xattrs',
  listxattr: 'xattrs',
  removexattr: 'xattrs',
  lock: 'locks',
  tryLock: 'locks',
  unlock: 'locks',
};

/** What the walk of a path asks, while the lock is held. */
function unlocked(store: Store): Next {
  const answers: Partial<Record<OpName, (store: Store, ...args: never) => Promise<unknown>>> = {
    lstat,
    readlink,
  };
  return ({ op, args, ctx }) => {
    const answer = answers[op] as (store: Store, ...args: readonly unknown[]) => Promise<never>;
    return answer(store, ...(args as readonly unknown[]), ctx);
  };
}

const HOLDS = new Map<OpName, 'shared' | 'exclusive'>([
  ...Object.keys(LOOK).map((op) => [op as OpName, 'shared'] as const),
  ...Object.keys(CHANGE).map((op) => [op as OpName, 'exclusive'] as const),
]);

const OPERATIONS: Operations = { ...LOOK, ...CHANGE, ...BY_THEMSELVES };

export async function perform<K extends OpName>(
  store: Store,
  { op, args, ctx }: Call<K>,
): Promise<OpResult<K>> {
  const needed = NEEDS[op];
  if (needed !== undefined && !store.capabilities[needed]) throw new VfsError('ENOTSUP');
  const run = OPERATIONS[op] as (store: Store, ...args: readonly unknown[]) => Promise<OpResult<K>>;
  const performed = (): Promise<OpResult<K>> => run(store, ...(args as readonly unknown[]), ctx);
  const hold = HOLDS.get(op);
  return hold === undefined ? performed() : store.during(hold, ctx, performed);
}
