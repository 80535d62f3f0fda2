import type { OpName, VfsOperations } from '../../backend.ts';
import type { OpResult } from '../../layer.ts';
import { copyRange } from './copy-range.ts';
import { lstat, readdir, setstat, statfs } from './operations-on-attributes.ts';
import { inodeToPath, lookup, pathToInode, resolve, statInode } from './operations-on-inodes.ts';
import { lock, tryLock, unlock } from './operations-on-locks.ts';
import { link, mkdir, readlink, rename, rmdir, symlink, unlink } from './operations-on-names.ts';
import { close, fstat, fsetstat, fsync, open, read, write } from './operations-on-open-files.ts';
import { getxattr, listxattr, removexattr, setxattr } from './operations-on-xattrs.ts';
import type { Store } from './store.ts';

/** Each operation as a function of the store that answers at once; but for `lock`, which may have to wait. */
type Operations = {
  readonly [K in OpName]: (
    store: Store,
    ...args: Parameters<VfsOperations[K]>
  ) => K extends 'lock' ? Promise<void> : OpResult<K>;
};

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
  // All is as safe as memory can make it.
  sync: () => undefined,
  resolve,
  lookup,
  statInode,
  pathToInode,
  inodeToPath,
  getxattr,
  setxattr,
  listxattr,
  removexattr,
  lock,
  tryLock,
  unlock,
};
