import { timestampFromMilliseconds, type Timestamp } from '../../stats.ts';

/** The time now. */
export type Clock = () => Timestamp;

/** The machine's clock, to the millisecond. */
export const systemClock: Clock = () => timestampFromMilliseconds(Date.now());

/** Negative when `a` is before `b`, 0 when they are the same. */
export function compareTimestamps(a: Timestamp, b: Timestamp): number {
  return a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;
}
