import type { Timestamp } from '../../stats.ts';

const NANOSECONDS = 1_000_000_000n;
/** From here on a double of seconds is coarser than a microsecond. */
const FAR_SECONDS = 2 ** 32;

/** A time of the host, cut to what can be set again: to the microsecond, or to the millisecond after the year 2106. */
export function timestampOf(nanoseconds: bigint): Timestamp {
  const fraction = ((nanoseconds % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  const seconds = Number((nanoseconds - fraction) / NANOSECONDS);
  const unit = Math.abs(seconds) < FAR_SECONDS ? 1000 : 1_000_000;
  return { seconds, nanoseconds: Math.floor(Number(fraction) / unit) * unit };
}
