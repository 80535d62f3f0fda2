import type { CallContext } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { VfsPath } from '../../path.ts';
import {
  checkXattrValue,
  nameToChange,
  nameToLookUp,
  xattrGrowth,
  bytesOfXattr,
  type XattrMode,
} from '../shared/xattrs.ts';
import { typeOf, type Inode } from './inode.ts';
import { entryAt } from './lookup.ts';
import type { Parts } from './parts.ts';
import { save } from './tree.ts';

export function getxattr(parts: Parts, path: VfsPath, name: string): Uint8Array {
  const inode = entryAt(parts, path);
  return valueOf(parts, inode, nameToLookUp(typeOf(inode), name));
}

export function setxattr(
  parts: Parts,
  path: VfsPath,
  name: string,
  value: Uint8Array,
  mode: XattrMode,
  { limits }: CallContext,
): void {
  const inode = entryAt(parts, path);
  const checked = nameToChange(typeOf(inode), name);
  checkXattrValue(value);
  const room = { usage: parts.usage, limits, capacity: Number.MAX_SAFE_INTEGER };
  const growth = xattrGrowth(checked, value, mode, parts.xattrs.present(inode.ino, checked), room);
  parts.transaction.ensure();
  parts.xattrs.put(inode.ino, checked, value);
  grow(parts, inode, growth);
}

export function listxattr(parts: Parts, path: VfsPath): string[] {
  return parts.xattrs.names(entryAt(parts, path).ino);
}

export function removexattr(parts: Parts, path: VfsPath, name: string): void {
  const inode = entryAt(parts, path);
  const checked = nameToChange(typeOf(inode), name);
  const { length } = valueOf(parts, inode, checked);
  parts.transaction.ensure();
  parts.xattrs.remove(inode.ino, checked);
  grow(parts, inode, -bytesOfXattr(checked, length));
}

function valueOf(parts: Parts, { ino }: Inode, name: string): Uint8Array {
  const value = parts.xattrs.get(ino, name);
  if (value === undefined) throw new VfsError('ENODATA');
  return value;
}

/** Inside a transaction. */
function grow(parts: Parts, inode: Inode, bytes: number): void {
  inode.used += bytes;
  inode.ctime = parts.clock();
  parts.usage.add(bytes, 0);
  save(parts, inode);
}
