import type { OpenFlags, ReaddirPage } from '../../backend.ts';
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
export function checkPosition(position: number, name = 'position'): number {
  if (Number.isSafeInteger(position) && position >= 0) return position;
  throw new VfsError('EINVAL', { detail: `${name} must be an integer from 0 to 2^53 - 1` });
}

/** A place to write to, or a size: `EFBIG` for an integer above 2^53 - 1, `EINVAL` for what is no place at all. */
export function checkWritePosition(position: number, name = 'position'): number {
  if (Number.isInteger(position) && position > Number.MAX_SAFE_INTEGER) throw new VfsError('EFBIG');
  return checkPosition(position, name);
}

/** A number of bytes to read or copy: a safe integer from 0 up, else `EINVAL`. */
export function checkLength(length: number): number {
  return checkPosition(length, 'length');
}

/** The bytes that `read` must answer; `EINVAL` for more than fit one buffer. */
export function lengthToRead(size: number, position: number, length: number): number {
  const available = Math.min(length, Math.max(0, size - position));
  if (available <= READ_LENGTH_MAX) return available;
  throw new VfsError('EINVAL', { detail: `length is more than ${READ_LENGTH_MAX} bytes in one read` });
}

/** The bits of a mode that count. `EINVAL` for what is no mode. */
export function checkMode(mode: number, name = 'mode'): number {
  if (Number.isInteger(mode) && mode >= 0 && mode <= ID_MAX) return mode & MODE_BITS;
  throw new VfsError('EINVAL', { detail: `${name} must be an integer from 0 to 2^32 - 1` });
}

/** A uid or gid: 0 to 2^32 - 1, else `EINVAL`. */
export function checkId(id: number, name: string): number {
  if (Number.isInteger(id) && id >= 0 && id <= ID_MAX) return id;
  throw new VfsError('EINVAL', { detail: `${name} must be an integer from 0 to 2^32 - 1` });
}

function checkTimestamp({ seconds, nanoseconds }: Timestamp, name: string): void {
  const fraction = Number.isInteger(nanoseconds) && nanoseconds >= 0 && nanoseconds < NANOSECONDS_PER_SECOND;
  if (Number.isSafeInteger(seconds) && fraction) return;
  throw new VfsError('EINVAL', { detail: `${name} must be whole seconds and 0 to 999,999,999 nanoseconds` });
}

/** A change whose every value is valid by itself; the mode is cut to the bits that count. */
export function checkChange(change: StatsChange): StatsChange {
  const { mode, uid, gid, size, atime, mtime } = change;
  if (size !== undefined) checkWritePosition(size, 'change.size');
  if (uid !== undefined) checkId(uid, 'change.uid');
  if (gid !== undefined) checkId(gid, 'change.gid');
  if (atime !== undefined) checkTimestamp(atime, 'change.atime');
  if (mtime !== undefined) checkTimestamp(mtime, 'change.mtime');
  return mode === undefined ? change : { ...change, mode: checkMode(mode, 'change.mode') };
}

/** The page with its name in the one form that is compared. `EINVAL` for a limit that is no integer from 1 up. */
export function checkPage(page: ReaddirPage): ReaddirPage {
  if (!Number.isSafeInteger(page.limit) || page.limit < 1) {
    throw new VfsError('EINVAL', { detail: 'page.limit must be an integer from 1 up' });
  }
  return page.after === undefined ? page : { limit: page.limit, after: canonicalText(page.after) };
}

/** `EINVAL` for `truncate` without write access. */
export function checkOpenFlags(flags: OpenFlags): OpenFlags {
  if (flags.truncate !== true || flags.access !== 'r') return flags;
  throw new VfsError('EINVAL', { detail: 'flags.truncate needs write access' });
}

/** A symlink's target, as symlink(2) checks it: `ENOENT` when empty, `EINVAL` with a NUL, `ENAMETOOLONG` past 4,095 bytes. */
export function checkTarget(target: string): string {
  if (target === '') throw new VfsError('ENOENT', { detail: 'the target of a symlink cannot be empty' });
  if (target.includes('\0')) throw new VfsError('EINVAL', { detail: 'target holds a NUL byte' });
  const text = canonicalText(target);
  if (text.length * 3 > TARGET_MAX && byteLength(text) > TARGET_MAX) throw new VfsError('ENAMETOOLONG');
  return text;
}
