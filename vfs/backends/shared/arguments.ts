import type { OpenFlags, OpName, ReaddirPage } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { byteLength, canonicalText } from '../../names.ts';
import type { StatsChange, Timestamp } from '../../stats.ts';

/** Bytes that one `read` may ask for where the file has so many: they must fit one buffer. */
export const READ_LENGTH_MAX = 2 ** 30;
/** Bytes in a symlink's target, as on Linux. */
export const TARGET_MAX = 4095;
/** The bits of a mode that count. */
export const MODE_BITS = 0o7777;

const ID_MAX = 0xffff_ffff;
const NANOSECONDS_PER_SECOND = 1_000_000_000;

/** A place to read from: a safe integer from 0 up, else `EINVAL`. */
export function checkPosition(position: number, op?: OpName): number {
  if (Number.isSafeInteger(position) && position >= 0) return position;
  throw new VfsError('EINVAL', { op, detail: 'position must be an integer from 0 to 2^53 - 1' });
}

/** A place to write to, or a size: `EFBIG` for an integer above 2^53 - 1, `EINVAL` for what is no place at all. */
export function checkWritePosition(position: number, op?: OpName): number {
  if (Number.isSafeInteger(position) && position >= 0) return position;
  if (Number.isInteger(position) && position > 0) throw new VfsError('EFBIG', { op });
  throw new VfsError('EINVAL', { op, detail: 'position must be an integer from 0 to 2^53 - 1' });
}

/** A number of bytes to read or copy: a safe integer from 0 up, else `EINVAL`. */
export function checkLength(length: number, op?: OpName): number {
  if (Number.isSafeInteger(length) && length >= 0) return length;
  throw new VfsError('EINVAL', { op, detail: 'length must be an integer from 0 to 2^53 - 1' });
}

/** The bytes that `read` must answer; `EINVAL` for more than fit one buffer. */
export function lengthToRead(size: number, position: number, length: number, op?: OpName): number {
  const available = Math.min(length, Math.max(0, size - position));
  if (available <= READ_LENGTH_MAX) return available;
  throw new VfsError('EINVAL', { op, detail: `more than ${READ_LENGTH_MAX} bytes in one read` });
}

export function checkBytes(bytes: Uint8Array, op?: OpName): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  throw new VfsError('EINVAL', { op, detail: 'bytes must be a Uint8Array' });
}

/** The bits of a mode that count. `EINVAL` for what is no mode. */
export function checkMode(mode: number, op?: OpName): number {
  if (Number.isInteger(mode) && mode >= 0 && mode <= ID_MAX) return mode & MODE_BITS;
  throw new VfsError('EINVAL', { op, detail: 'mode must be an integer' });
}

/** A uid or gid: 0 to 2^32 - 1, else `EINVAL`. */
export function checkId(id: number, op?: OpName): number {
  if (Number.isInteger(id) && id >= 0 && id <= ID_MAX) return id;
  throw new VfsError('EINVAL', { op, detail: 'uid and gid must be integers from 0 to 2^32 - 1' });
}

export function checkTimestamp(time: Timestamp, op?: OpName): Timestamp {
  const { seconds, nanoseconds } = time;
  const fraction = Number.isInteger(nanoseconds) && nanoseconds >= 0 && nanoseconds < NANOSECONDS_PER_SECOND;
  if (Number.isSafeInteger(seconds) && fraction) return time;
  throw new VfsError('EINVAL', { op, detail: 'time must be whole seconds and 0 to 999,999,999 nanoseconds' });
}

/** A change whose every value is valid by itself; the mode is cut to the bits that count. */
export function checkChange(change: StatsChange, op?: OpName): StatsChange {
  if (change.size !== undefined) checkWritePosition(change.size, op);
  if (change.uid !== undefined) checkId(change.uid, op);
  if (change.gid !== undefined) checkId(change.gid, op);
  if (change.atime !== undefined) checkTimestamp(change.atime, op);
  if (change.mtime !== undefined) checkTimestamp(change.mtime, op);
  return change.mode === undefined ? change : { ...change, mode: checkMode(change.mode, op) };
}

/** The page with its name in the one form that is compared. `EINVAL` for a limit that is no integer from 1 up. */
export function checkPage(page: ReaddirPage, op?: OpName): ReaddirPage {
  if (!Number.isSafeInteger(page.limit) || page.limit < 1) {
    throw new VfsError('EINVAL', { op, detail: 'limit must be an integer from 1 up' });
  }
  return page.after === undefined ? page : { limit: page.limit, after: canonicalText(page.after, op) };
}

/** `EINVAL` for `truncate` without write access. */
export function checkOpenFlags(flags: OpenFlags, op?: OpName): OpenFlags {
  if (flags.truncate !== true || flags.access !== 'r') return flags;
  throw new VfsError('EINVAL', { op, detail: 'truncate needs write access' });
}

/** A symlink's target, as symlink(2) checks it: `ENOENT` when empty, `EINVAL` with a NUL, `ENAMETOOLONG` past 4,095 bytes. */
export function checkTarget(target: string, op?: OpName): string {
  if (target === '') throw new VfsError('ENOENT', { op, detail: 'the target of a symlink cannot be empty' });
  if (target.includes('\0')) throw new VfsError('EINVAL', { op, detail: 'target holds a NUL byte' });
  const text = canonicalText(target, op);
  if (text.length * 3 > TARGET_MAX && byteLength(text) > TARGET_MAX)
    throw new VfsError('ENAMETOOLONG', { op });
  return text;
}
