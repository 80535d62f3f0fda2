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
