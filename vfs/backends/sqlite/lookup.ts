import { ROOT_INODE } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { checkNameLength, nameOf, parentOf, ROOT, type VfsPath } from '../../path.ts';
import { typeOf, type Inode } from './inode.ts';
import type { Parts } from './parts.ts';

/** Directories remembered by path before all are forgotten. */
const DIRECTORIES_KEPT = 4096;

/** The inode number of a directory. Throws `ENOENT`, `ENOTDIR`, `ELOOP`. */
export function directoryAt(parts: Parts, path: VfsPath): number {
  if (path === ROOT) return ROOT_INODE;
  const known = parts.directories.get(path);
  if (known !== undefined) return known;
  const inode = childOf(parts, directoryAt(parts, parentOf(path)), path);
  if (inode === undefined) throw new VfsError('ENOENT');
  requireDirectory(inode);
  if (parts.directories.size >= DIRECTORIES_KEPT) parts.directories.clear();
  parts.directories.set(path, inode.ino);
  return inode.ino;
}

/** The directories that are searched for the last name of a path, the root first; nothing where one is not known by its path. */
export function knownWayTo(parts: Parts, path: VfsPath): Inode[] | undefined {
  const way: Inode[] = [];
  for (let at = parentOf(path); at !== ROOT; at = parentOf(at)) {
    const ino = parts.directories.get(at);
    if (ino === undefined) return undefined;
    way.push(existing(parts, ino));
  }
  return [existing(parts, ROOT_INODE), ...way.toReversed()];
}

export function requireDirectory(inode: Inode): void {
  const type = typeOf(inode);
  if (type === 'symlink') throw new VfsError('ELOOP');
  if (type !== 'directory') throw new VfsError('ENOTDIR');
}

/** What a path names, or nothing; throws where the way to it is not one of directories. */
export function find(parts: Parts, path: VfsPath): Inode | undefined {
  if (path === ROOT) return existing(parts, ROOT_INODE);
  return childOf(parts, directoryAt(parts, parentOf(path)), path);
}

/** What a path names. Throws `ENOENT` too. */
export function entryAt(parts: Parts, path: VfsPath): Inode {
  const inode = find(parts, path);
  if (inode === undefined) throw new VfsError('ENOENT');
  return inode;
}

/** The inode that a row of another table points to. */
export function existing(parts: Parts, ino: number): Inode {
  const inode = parts.inodes.get(ino);
  if (inode === undefined)
    throw new VfsError('EIO', { detail: `inode ${ino} is missing: run anyfs storage check` });
  return inode;
}

function childOf(parts: Parts, parent: number, path: VfsPath): Inode | undefined {
  const name = nameOf(path);
  checkNameLength(name, path);
  return parts.names.find(parent, name);
}
