import type { OpName } from './backend.ts';
import { VfsError } from './errors.ts';
import { byteLength, canonicalText } from './names.ts';

declare const canonical: unique symbol;

/**
 * An absolute path, `/`-separated, without `.`, `..`, `//` or a trailing slash. For a backend, no component but the
 * last is a symlink. Above the resolving layer the same type carries paths that are yet to be resolved (`unresolved`).
 */
export type VfsPath = string & { readonly [canonical]: true };

export const ROOT = '/' as VfsPath;
/** Bytes in a name, as on Linux. */
export const NAME_MAX = 255;
/** Bytes in a path. */
export const PATH_MAX = 4096;
/** Symlinks followed in one resolution before `ELOOP`, as on Linux. */
export const SYMLINK_HOPS_MAX = 40;

/** The path that was found to be canonical last: each layer asks about the same one. */
let lastCanonical: string = ROOT;

/**
 * Checks a path as a client sent it: absolute, no NUL, within the limits. It may still hold `.`, `..`, `//` and a
 * trailing slash, which only resolution can take away rightly (`/link/..` is the parent of the link's target).
 * Throws `ENOENT` for the empty path, `EINVAL`, `ENAMETOOLONG`.
 */
export function unresolved(raw: string, op?: OpName): VfsPath {
  if (raw === lastCanonical) return raw as VfsPath;
  if (typeof raw !== 'string') throw new VfsError('EINVAL', { op, detail: 'path must be a string' });
  if (raw === '') throw new VfsError('ENOENT', { op, path: raw });
  if (raw.charCodeAt(0) !== 47)
    throw new VfsError('EINVAL', { op, path: raw, detail: 'path must be absolute' });
  if (raw.includes('\0')) throw new VfsError('EINVAL', { op, path: raw, detail: 'path holds a NUL byte' });
  const text = canonicalText(raw, op);
  checkLengths(text, op);
  return text as VfsPath;
}

/** A canonical path. Throws `EINVAL` where `path` is not one (use `unresolved` and the resolving layer for paths of people). */
export function vfsPath(path: string, op?: OpName): VfsPath {
  const checked = unresolved(path, op);
  if (!isCanonical(checked)) throw new VfsError('EINVAL', { op, path, detail: 'path is not canonical' });
  lastCanonical = checked;
  return checked;
}

/** True when only symlinks could stand between this path and its resolved form. */
export function isCanonical(path: string): path is VfsPath {
  if (path === '/' || path === lastCanonical) return true;
  return path.startsWith('/') && !NOT_CANONICAL.test(path);
}

const NOT_CANONICAL = /\/(?:\.{0,2})(?:\/|$)/;

function checkLengths(path: string, op: OpName | undefined): void {
  checkPathLength(path, op);
  // A UTF-16 unit is at most 3 bytes, so most paths need no counting.
  if (path.length * 3 <= NAME_MAX) return;
  for (const name of path.split('/')) checkNameLength(name, path, op);
}

/** Throws `ENAMETOOLONG` past 4,096 bytes. */
export function checkPathLength(path: string, op?: OpName): void {
  if (path.length * 3 > PATH_MAX && byteLength(path) > PATH_MAX)
    throw new VfsError('ENAMETOOLONG', { op, path });
}

/** Throws `ENAMETOOLONG` past 255 bytes; `path` is for the message. */
export function checkNameLength(name: string, path: string, op?: OpName): void {
  if (name.length * 3 > NAME_MAX && byteLength(name) > NAME_MAX)
    throw new VfsError('ENAMETOOLONG', { op, path });
}

/** One name for a new entry: 1 to 255 bytes, no `/` and no NUL, not `.` or `..`. */
export function checkName(name: string, op?: OpName): string {
  const reserved = name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0');
  if (reserved) throw new VfsError('EINVAL', { op, detail: 'name is empty, `.`, `..`, or holds `/` or NUL' });
  checkNameLength(name, name, op);
  return canonicalText(name, op);
}

/** The names of a canonical path, from the root down; none for the root. */
export function namesOf(path: VfsPath): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

/** The directory that holds `path`; the root holds itself. */
export function parentOf(path: VfsPath): VfsPath {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? ROOT : (path.slice(0, slash) as VfsPath);
}

/** The last name of a canonical path; empty for the root. */
export function nameOf(path: VfsPath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `directory/name`, for a name that is valid by itself. */
export function join(directory: VfsPath, name: string): VfsPath {
  return (directory === '/' ? `/${name}` : `${directory}/${name}`) as VfsPath;
}

/** True when `path` is `directory` or lies below it. */
export function isInside(path: VfsPath, directory: VfsPath): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}
