import type { CallContext, RenameOptions } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { nameOf, ROOT, type VfsPath } from '../../path.ts';
import { checkMode, checkRenamePaths, checkTarget, renameCase } from '../shared/index.ts';
import { addEntry, removeEntry } from './entries.ts';
import type { DirectoryNode, Entry } from './node.ts';
import { entryIn, type Store } from './store.ts';

/** The directory for a new entry. `EEXIST` where anything has the path already. */
function directoryForNew(store: Store, path: VfsPath): DirectoryNode {
  if (store.findIfThere(path) !== undefined) throw new VfsError('EEXIST', { path });
  return store.directoryOf(path);
}

function entryAt(store: Store, path: VfsPath): Entry {
  return entryIn(store.directoryOf(path), nameOf(path));
}

function remove(store: Store, entry: Entry): void {
  removeEntry(entry, store.now());
  store.releaseIfGone(entry.node);
}

export function mkdir(store: Store, path: VfsPath, mode: number, ctx: CallContext): void {
  const directory = directoryForNew(store, path);
  const made = store.makeDirectory(checkMode(mode), ctx);
  addEntry(directory, nameOf(path), made, made.ctime);
}

export function symlink(store: Store, target: string, path: VfsPath, ctx: CallContext): void {
  const text = checkTarget(target);
  const directory = directoryForNew(store, path);
  const made = store.makeSymlink(text, ctx);
  addEntry(directory, nameOf(path), made, made.ctime);
}

export function link(store: Store, from: VfsPath, to: VfsPath): void {
  const node = store.find(from);
  if (node.type === 'directory') throw new VfsError('EPERM', { path: from });
  const directory = directoryForNew(store, to);
  addEntry(directory, nameOf(to), node, store.now());
}

export function unlink(store: Store, path: VfsPath): void {
  if (store.find(path).type === 'directory') throw new VfsError('EISDIR');
  remove(store, entryAt(store, path));
}

export function rmdir(store: Store, path: VfsPath): void {
  if (path === ROOT) throw new VfsError('EBUSY');
  const entry = entryAt(store, path);
  if (entry.node.type !== 'directory') throw new VfsError('ENOTDIR');
  if (entry.node.entries.size > 0) throw new VfsError('ENOTEMPTY');
  remove(store, entry);
}

export function rename(store: Store, from: VfsPath, to: VfsPath, { replace }: RenameOptions): void {
  checkRenamePaths(from, to);
  const source = entryAt(store, from);
  const toDirectory = store.directoryOf(to);
  const target = toDirectory.entries.get(nameOf(to));
  const isEmpty = (): boolean => target?.node.type === 'directory' && target.node.entries.size === 0;
  if (renameCase(from, to, replace, source.node, target?.node, isEmpty) === 'nothing') return;
  if (target !== undefined) remove(store, target);
  const now = store.now();
  removeEntry(source, now);
  addEntry(toDirectory, nameOf(to), source.node, now);
}

export function readlink(store: Store, path: VfsPath): string {
  const node = store.find(path);
  if (node.type !== 'symlink') throw new VfsError('EINVAL');
  return node.target;
}
