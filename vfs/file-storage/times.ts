import { VfsError } from '../errors.ts';
import { timestampFromMilliseconds, type Timestamp } from '../stats.ts';

/** A time as `node:fs` takes it: a `Date`, or seconds since 1970, also as text. */
export type TimeLike = Date | number | string;

/** `EINVAL` for what is no time. */
export function timestampOf(time: TimeLike): Timestamp {
  const milliseconds = time instanceof Date ? time.getTime() : Number(time) * 1000;
  if (Number.isFinite(milliseconds)) return timestampFromMilliseconds(milliseconds);
  throw new VfsError('EINVAL', { detail: 'time must be a Date or seconds since 1970' });
}
