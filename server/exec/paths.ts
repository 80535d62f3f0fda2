import type { OpName } from '../../vfs/backend.ts';
import { unresolved, type VfsPath } from '../../vfs/path.ts';

/** A path as a person writes it, for the mount, which resolves it. Throws `ENOENT` for the empty one, `EINVAL`, `ENAMETOOLONG`. */
export function pathFrom(cwd: VfsPath, text: string, op?: OpName): VfsPath {
  if (text === '' || text.startsWith('/')) return unresolved(text, op);
  return unresolved(cwd === '/' ? `/${text}` : `${cwd}/${text}`, op);
}
