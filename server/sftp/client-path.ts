import type { OpName } from '../../vfs/backend.ts';
import { unresolved, type VfsPath } from '../../vfs/path.ts';

/** Where relative paths begin, and what `~` stands for. */
export const HOME = '/';

/**
 * A client's path for the mount, which resolves it: absolute, else as it came. Throws `ENOENT` for the empty path,
 * `EINVAL`, `ENAMETOOLONG`.
 */
export function clientPath(path: string, op: OpName): VfsPath {
  const relative = path !== '' && !path.startsWith('/');
  return unresolved(relative ? `${HOME}${path}` : path, op);
}

/** A name that is to be made, moved or removed. */
export interface ClientName {
  /** Without slashes at its end: they would have a symlink followed, and what changes is the symlink itself. */
  readonly path: VfsPath;
  /** There were slashes, which only a directory may have. */
  readonly slash: boolean;
  readonly last: 'name' | '.' | '..';
}

const SLASHES_AT_END = /(?<=.)\/+$/;

/** As the kernel sees the paths of rename(2), unlink(2) and their like. Throws as `clientPath`. */
export function clientName(raw: string, op: OpName): ClientName {
  const whole = clientPath(raw, op);
  const path = whole.replace(SLASHES_AT_END, '') as VfsPath;
  const last = path.endsWith('/..') ? '..' : path.endsWith('/.') ? '.' : 'name';
  return { path, slash: path !== whole, last };
}
