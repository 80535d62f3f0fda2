import type { Limits } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { byteLength, canonicalText } from '../../names.ts';
import type { FileType } from '../../stats.ts';
import { checkGrowth, type Usage } from './limits.ts';

/** Bytes in the name of an extended attribute, its namespace included, as on Linux. */
export const XATTR_NAME_MAX = 255;
/** Bytes in a value, as on Linux. */
export const XATTR_VALUE_MAX = 65_536;
/** Bytes in the names of one inode, a NUL after each, as Linux lists them. */
export const XATTR_LIST_MAX = 65_536;
/** Bytes of names and values of one inode, so that removing it is short. */
export const XATTRS_MAX = 1_048_576;

/** Namespaces that are stored for what they are. `system.` would mean access control lists, which nobody here enforces. */
const NAMESPACES = ['user.', 'trusted.', 'security.'] as const;

export type XattrMode = 'set' | 'create' | 'replace';

/** The name in the one form that is compared, as Linux checks it: `ERANGE` for 0 or more than 255 bytes, `ENOTSUP` for another namespace, `EINVAL`. */
function checkXattrName(name: string): string {
  const text = canonicalText(name);
  if (text === '' || byteLength(text) > XATTR_NAME_MAX)
    throw new VfsError('ERANGE', { detail: `name must have 1 to ${XATTR_NAME_MAX} bytes` });
  if (text.includes('\0')) throw new VfsError('EINVAL', { detail: 'name holds a NUL byte' });
  const namespace = NAMESPACES.find((prefix) => text.startsWith(prefix));
  if (namespace === undefined)
    throw new VfsError('ENOTSUP', { detail: `name must begin with ${NAMESPACES.join(' or ')}` });
  if (text === namespace) throw new VfsError('EINVAL', { detail: `name is nothing but ${namespace}` });
  return text;
}

/** `user.` is for files and directories alone, as on Linux: a symlink's mode says nothing of who may. */
function isForType(type: FileType, name: string): boolean {
  return type !== 'symlink' || !name.startsWith('user.');
}

/** The checked name of an attribute that is looked for. `ENODATA` where what has the type cannot have it. */
export function nameToLookUp(type: FileType, name: string): string {
  if (!isForType(type, name)) throw new VfsError('ENODATA');
  return checkXattrName(name);
}

/** The checked name of an attribute that is to change. `EPERM` where what has the type cannot have it. */
export function nameToChange(type: FileType, name: string): string {
  if (!isForType(type, name))
    throw new VfsError('EPERM', { detail: 'a symlink has no attributes of the namespace user.' });
  return checkXattrName(name);
}

/** `E2BIG` for a value of more than 64 KiB. */
export function checkXattrValue(value: Uint8Array): Uint8Array {
  if (value.length <= XATTR_VALUE_MAX) return value;
  throw new VfsError('E2BIG', { detail: `value has more than ${XATTR_VALUE_MAX} bytes` });
}

/** Bytes that an attribute stores, which a quota counts. */
export function bytesOfXattr(name: string, valueLength: number): number {
  return byteLength(name) + valueLength;
}

/** What an inode has of attributes before one is set. */
export interface PresentXattrs {
  /** Length of the value that the name has; undefined where there is none. */
  readonly valueLength: number | undefined;
  /** How many the inode has. */
  readonly count: number;
  /** Bytes of the names of all of them. */
  readonly nameBytes: number;
  /** Bytes of names and values of all of them. */
  readonly bytes: number;
}

/** What a store has room for. */
export interface XattrRoom {
  readonly usage: Usage;
  readonly limits: Limits | undefined;
  readonly capacity: number;
}

/**
 * The bytes that setting a checked attribute stores more. Throws what the contract says where it cannot be set:
 * `EEXIST`, `ENODATA`, `ENOSPC`, `EDQUOT`.
 */
export function xattrGrowth(
  name: string,
  value: Uint8Array,
  mode: XattrMode,
  present: PresentXattrs,
  room: XattrRoom,
): number {
  const { valueLength, count, nameBytes, bytes } = present;
  const isNew = valueLength === undefined;
  if (mode === 'create' && !isNew) throw new VfsError('EEXIST', { detail: 'the attribute exists already' });
  if (mode === 'replace' && isNew) throw new VfsError('ENODATA');
  const growth = bytesOfXattr(name, value.length) - (isNew ? 0 : bytesOfXattr(name, valueLength));
  const listed = isNew ? nameBytes + byteLength(name) + count + 1 : 0;
  if (listed > XATTR_LIST_MAX || (growth > 0 && bytes + growth > XATTRS_MAX))
    throw new VfsError('ENOSPC', { detail: 'no room for more extended attributes of this file' });
  checkGrowth(room.usage, growth, room.limits, room.capacity);
  return growth;
}
