import { ROOT_INODE, type CallContext, type RenameOptions } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { encodeText } from '../../names.ts';
import { checkPathLength, nameOf, parentOf, ROOT, type VfsPath } from '../../path.ts';
import type { FileType } from '../../stats.ts';
import { checkMode, checkTarget } from '../shared/arguments.ts';
import { checkNewInode } from '../shared/limits.ts';
import { checkRenamePaths, renameCase } from '../shared/rename-case.ts';
import { modeWithType, typeOf, type Inode } from './inode.ts';
import { directoryAt, entryAt, existing, find } from './lookup.ts';
import type { Parts } from './parts.ts';

export function mkdir(parts: Parts, path: VfsPath, mode: number, ctx: CallContext): void {
  if (find(parts, path) !== undefined) throw new VfsError('EEXIST');
  create(parts, path, 'directory', checkMode(mode), null, ctx);
}

export function symlink(parts: Parts, target: string, path: VfsPath, ctx: CallContext): void {
  const bytes = encodeText(checkTarget(target));
  if (find(parts, path) !== undefined) throw new VfsError('EEXIST');
  create(parts, path, 'symlink', 0o777, bytes, ctx);
}

/** Makes an inode under a name that is free. Limits are checked here. */
export function create(
  parts: Parts,
  path: VfsPath,
  type: FileType,
  mode: number,
  target: Uint8Array | null,
  ctx: CallContext,
): Inode {
  const directory = existing(parts, directoryAt(parts, parentOf(path)));
  checkPathLength(path);
  checkNewInode(parts.usage, ctx.limits, Number.MAX_SAFE_INTEGER);
  parts.transaction.ensure();
  const ino = parts.inodes.allocate();
  const now = parts.clock();
  const inode: Inode = {
    ino,
    mode: modeWithType(type, mode),
    nlink: type === 'directory' ? 2 : 1,
    uid: ctx.owner?.uid ?? 0,
    gid: ctx.owner?.gid ?? 0,
    size: target?.length ?? 0,
    used: 0,
    atime: now,
    mtime: now,
    ctime: now,
    parent: directory.ino,
    content: type === 'file' ? ino : 0,
    target,
  };
  parts.inodes.insert(inode);
  parts.names.insert(directory.ino, nameOf(path), ino);
  parts.usage.add(0, 1);
  changeDirectory(parts, directory, type === 'directory' ? 1 : 0);
  return inode;
}

export function unlink(parts: Parts, path: VfsPath): void {
  const inode = entryAt(parts, path);
  if (typeOf(inode) === 'directory') throw new VfsError('EISDIR');
  const directory = existing(parts, directoryAt(parts, parentOf(path)));
  parts.transaction.ensure();
  parts.names.remove(directory.ino, nameOf(path));
  changeDirectory(parts, directory, 0);
  dropName(parts, inode);
}

export function rmdir(parts: Parts, path: VfsPath): void {
  if (path === ROOT) throw new VfsError('EBUSY');
  const inode = entryAt(parts, path);
  if (typeOf(inode) !== 'directory') throw new VfsError('ENOTDIR');
  if (!parts.names.isEmpty(inode.ino)) throw new VfsError('ENOTEMPTY');
  const directory = existing(parts, directoryAt(parts, parentOf(path)));
  parts.transaction.ensure();
  parts.names.remove(directory.ino, nameOf(path));
  changeDirectory(parts, directory, -1);
  dropName(parts, inode);
}

export function link(parts: Parts, from: VfsPath, to: VfsPath): void {
  const inode = entryAt(parts, from);
  if (typeOf(inode) === 'directory') throw new VfsError('EPERM');
  if (find(parts, to) !== undefined) throw new VfsError('EEXIST', { path: to });
  const directory = existing(parts, directoryAt(parts, parentOf(to)));
  checkPathLength(to);
  parts.transaction.ensure();
  parts.names.insert(directory.ino, nameOf(to), inode.ino);
  inode.nlink++;
  inode.parent = directory.ino;
  inode.ctime = parts.clock();
  save(parts, inode);
  changeDirectory(parts, directory, 0);
}

export function rename(parts: Parts, from: VfsPath, to: VfsPath, { replace }: RenameOptions): void {
  checkRenamePaths(from, to);
  const source = entryAt(parts, from);
  const target = find(parts, to);
  const kind = renameCase(from, to, replace, end(source), target && end(target), () =>
    parts.names.isEmpty(target?.ino ?? ROOT_INODE),
  );
  if (kind === 'nothing') return;
  checkPathLength(to);
  const fromDirectory = existing(parts, directoryAt(parts, parentOf(from)));
  const toNumber = directoryAt(parts, parentOf(to));
  const toDirectory = toNumber === fromDirectory.ino ? fromDirectory : existing(parts, toNumber);
  parts.transaction.ensure();
  if (target !== undefined) replaceTarget(parts, toDirectory, target, to);
  parts.names.remove(fromDirectory.ino, nameOf(from));
  parts.names.insert(toDirectory.ino, nameOf(to), source.ino);
  source.parent = toDirectory.ino;
  source.ctime = parts.clock();
  save(parts, source);
  const isDirectory = typeOf(source) === 'directory';
  if (isDirectory) parts.directories.clear();
  changeDirectory(parts, fromDirectory, isDirectory ? -1 : 0);
  changeDirectory(parts, toDirectory, isDirectory ? 1 : 0);
}

function end(inode: Inode): { inode: number; type: FileType } {
  return { inode: inode.ino, type: typeOf(inode) };
}

function replaceTarget(parts: Parts, directory: Inode, target: Inode, to: VfsPath): void {
  parts.names.remove(directory.ino, nameOf(to));
  if (typeOf(target) === 'directory') directory.nlink--;
  dropName(parts, target);
}

/** The inode's row says what memory says. Chunks that are held go first: rows of a file change together. */
export function save(parts: Parts, inode: Inode): void {
  const file = parts.contents.get(inode.ino);
  if (file?.unsaved === true) parts.content.flush(file);
  else parts.inodes.save(inode);
}

/** A name was added or removed. */
function changeDirectory(parts: Parts, directory: Inode, subdirectories: number): void {
  const now = parts.clock();
  directory.mtime = now;
  directory.ctime = now;
  directory.nlink += subdirectories;
  if (subdirectories === 0) parts.inodes.saveLater(directory);
  else save(parts, directory);
}

/** One name of the inode is gone; with the last one it goes too, or is kept until its handles are closed. */
function dropName(parts: Parts, inode: Inode): void {
  const isDirectory = typeOf(inode) === 'directory';
  if (isDirectory) parts.directories.clear();
  inode.nlink = isDirectory ? 0 : inode.nlink - 1;
  inode.ctime = parts.clock();
  const keep = parts.inodes.isPinned(inode.ino);
  if (inode.nlink > 0 || keep) save(parts, inode);
  if (inode.nlink > 0) return;
  if (keep) keepUnlinked(parts, inode);
  else remove(parts, inode);
}

/** What a cut has left beyond the end goes first: the row stands for the whole content from now on. */
function keepUnlinked(parts: Parts, inode: Inode): void {
  const key = orphanKey(inode);
  if (parts.orphans.has(key)) parts.orphans.finish(key);
  parts.orphans.add(key, 0, inode.ino, true);
}

/** Directories and symlinks have no content; their own number stands for it, which no content has. */
function orphanKey(inode: Inode): number {
  return inode.content === 0 ? inode.ino : inode.content;
}

/** The inode has no name and no handle. */
function remove(parts: Parts, inode: Inode): void {
  parts.usage.add(-inode.used, -1);
  // Chunks of many small files that go together cost fewer pages than those of each by itself.
  if (inode.size > 0 && typeOf(inode) === 'file') parts.orphans.add(inode.content, 0, 0, false);
  parts.xattrs.removeAll(inode.ino);
  parts.inodes.remove(inode.ino);
}

/** The last handle of an inode without names is closed: the background removes it. */
export function removeUnlinked(parts: Parts, inode: Inode): void {
  parts.usage.add(-inode.used, -1);
  parts.orphans.release(orphanKey(inode));
}
