import type { Limits, OpName } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { FileType, Stats, StatsChange, Timestamp } from '../../stats.ts';
import { checkFileSize } from './limits.ts';

/** Throws where what has the type cannot be changed so: `EISDIR`, `EINVAL`, `ENOTSUP`. */
export function checkChangeOfType(type: FileType, change: StatsChange, op?: OpName): void {
  if (change.size !== undefined && type === 'directory') throw new VfsError('EISDIR', { op });
  if (change.size !== undefined && type === 'symlink') throw new VfsError('EINVAL', { op });
  if (change.mode !== undefined && type === 'symlink') throw new VfsError('ENOTSUP', { op });
}

/** Throws `EFBIG` where a change of size grows a file past what it may have; shrinking is always allowed. */
export function checkChangeOfSize(
  before: number,
  change: StatsChange,
  limits: Limits | undefined,
  fileSizeMax = Number.MAX_SAFE_INTEGER,
  op?: OpName,
): void {
  if (change.size !== undefined && change.size > before) checkFileSize(change.size, limits, fileSizeMax, op);
}

/** True when the change says nothing, so that not even ctime moves. */
export function isEmptyChange(change: StatsChange): boolean {
  return Object.values(change).every((value) => value === undefined);
}

/** The attributes that a change sets, size aside. */
export type Attributes = Pick<Stats, 'mode' | 'uid' | 'gid' | 'atime' | 'mtime' | 'ctime'>;

/** The attributes after a checked change: ctime moves, and mtime with a size that really changes unless it is given. */
export function attributesAfter(
  before: Attributes & Pick<Stats, 'size'>,
  change: StatsChange,
  now: Timestamp,
): Attributes {
  if (isEmptyChange(change)) return before;
  const resized = change.size !== undefined && change.size !== before.size;
  return {
    mode: change.mode ?? before.mode,
    uid: change.uid ?? before.uid,
    gid: change.gid ?? before.gid,
    atime: change.atime ?? before.atime,
    mtime: change.mtime ?? (resized ? now : before.mtime),
    ctime: now,
  };
}
