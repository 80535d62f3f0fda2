import type { Timestamp } from '../../stats.ts';

const NANOSECONDS = 1_000_000_000n;

/** A time of the host, cut to the microsecond, which is what can be set again. */
export function timestampOf(nanoseconds: bigint): Timestamp {
  const fraction = ((nanoseconds % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  const micros = Number(fraction / 1000n);
  return { seconds: Number((nanoseconds - fraction) / NANOSECONDS), nanoseconds: micros * 1000 };
}
