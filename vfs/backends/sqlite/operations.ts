import type { CallContext, OpName } from '../../backend.ts';
import type { OpArgs, OpResult } from '../../layer.ts';
import * as attributes from './attributes.ts';
import * as files from './files.ts';
import * as locks from './locks.ts';
import type { Parts } from './parts.ts';
import * as tree from './tree.ts';
import * as xattrs from './xattrs.ts';

/** Operations that take more than the parts: `backend.ts` has them. */
export type OfBackend = 'close' | 'sync' | 'lock';

export interface Operation<K extends OpName> {
  readonly run: (parts: Parts, ...args: [...OpArgs<K>, CallContext]) => OpResult<K>;
  /** May it change the storage? */
  readonly changes: boolean;
  /** What must have come to pass before it is answered: nothing, that what it did survives the end of the process, its way to the disk. */
  readonly waits: 'no' | 'kept' | 'durable';
}

type Run<K extends OpName> = Operation<K>['run'];

function look<K extends OpName>(run: Run<K>): Operation<K> {
  return { run, changes: false, waits: 'no' };
}

/** Acknowledged from memory. */
function change<K extends OpName>(run: Run<K>): Operation<K> {
  return { run, changes: true, waits: 'no' };
}

function promise<K extends OpName>(run: Run<K>): Operation<K> {
  return { run, changes: true, waits: 'kept' };
}

export const OPERATIONS: { readonly [K in Exclude<OpName, OfBackend>]: Operation<K> } = {
  open: change(files.open),
  read: look(files.read),
  write: change(files.write),
  copyRange: change(files.copyRange),
  fstat: look(files.fstat),
  fsetstat: promise(files.fsetstat),
  fsync: { run: files.fsync, changes: true, waits: 'durable' },
  lstat: look(attributes.lstat),
  setstat: promise(attributes.setstat),
  readdir: look(attributes.readdir),
  mkdir: promise(tree.mkdir),
  rmdir: promise(tree.rmdir),
  unlink: promise(tree.unlink),
  rename: promise(tree.rename),
  link: promise(tree.link),
  symlink: promise(tree.symlink),
  readlink: look(attributes.readlink),
  statfs: look(attributes.statfs),
  resolve: look(attributes.resolve),
  lookup: look(attributes.lookup),
  statInode: look(attributes.statInode),
  pathToInode: look((parts, path) => attributes.lstat(parts, path).inode),
  inodeToPath: look(attributes.inodeToPath),
  getxattr: look(xattrs.getxattr),
  setxattr: promise(xattrs.setxattr),
  listxattr: look(xattrs.listxattr),
  removexattr: promise(xattrs.removexattr),
  tryLock: look(locks.tryLock),
  unlock: look(locks.unlock),
};
