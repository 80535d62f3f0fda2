import { VfsError } from '../../errors.ts';
import { isInside, ROOT, type VfsPath } from '../../path.ts';
import type { FileType } from '../../stats.ts';

/** What `rename` must know of an end of it. */
export interface RenameEnd {
  readonly inode: number;
  readonly type: FileType;
}

/** The first check of `rename`, before anything is looked up: the root stays where it is. */
export function checkRenamePaths(from: VfsPath, to: VfsPath): void {
  if (from === ROOT) throw new VfsError('EBUSY', { op: 'rename', path: from });
  if (to === ROOT) throw new VfsError('EBUSY', { op: 'rename', path: to });
}

/**
 * What `rename` does, once both directories are found and `from` exists: nothing, a move to a free name, or a
 * replacement of `target`. Throws what the contract says. `isEmpty` is asked of a target that is a directory.
 */
export function renameCase(
  from: VfsPath,
  to: VfsPath,
  replace: boolean,
  source: RenameEnd,
  target: RenameEnd | undefined,
  isEmpty: () => boolean,
): 'nothing' | 'move' | 'replace' {
  if (target !== undefined && !replace) throw new VfsError('EEXIST', { op: 'rename', path: to });
  if (target?.inode === source.inode) return 'nothing';
  if (source.type === 'directory' && isInside(to, from))
    throw new VfsError('EINVAL', { op: 'rename', path: from });
  if (target === undefined) return 'move';
  checkKinds(source, target, to);
  if (target.type === 'directory' && !isEmpty()) throw new VfsError('ENOTEMPTY', { op: 'rename', path: to });
  return 'replace';
}

function checkKinds(source: RenameEnd, target: RenameEnd, to: VfsPath): void {
  const moves = source.type === 'directory';
  const meets = target.type === 'directory';
  if (moves && !meets) throw new VfsError('ENOTDIR', { op: 'rename', path: to });
  if (!moves && meets) throw new VfsError('EISDIR', { op: 'rename', path: to });
}
