import type { Limits } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { checkLength, checkPosition, checkWritePosition } from './arguments.ts';
import { overlaps, type CopyRange } from './chunks.ts';
import { checkFileSize } from './limits.ts';

/** The first check of `copyRange`, before anything is looked up: `EINVAL` or `EFBIG` for what is no range. */
export function checkCopyRange(fromPosition: number, length: number, toPosition: number): CopyRange {
  checkPosition(fromPosition, 'fromPosition');
  checkLength(length);
  checkWritePosition(toPosition, 'toPosition');
  return { fromPosition, toPosition, length };
}

/**
 * What `copyRange` copies of a source of `size` bytes; absent: nothing. `EINVAL` where both ranges are in one file and
 * meet, `EFBIG` where the target would become too large.
 */
export function copyCase(
  { fromPosition, toPosition, length }: CopyRange,
  size: number,
  isWithinFile: boolean,
  limits: Limits | undefined,
  fileSizeMax?: number,
): CopyRange | undefined {
  const copied = Math.min(length, Math.max(0, size - fromPosition));
  if (copied === 0) return undefined;
  const range = { fromPosition, toPosition, length: copied };
  if (isWithinFile && overlaps(range)) throw new VfsError('EINVAL', { detail: 'the ranges overlap' });
  checkFileSize(toPosition + copied, limits, fileSizeMax);
  return range;
}
