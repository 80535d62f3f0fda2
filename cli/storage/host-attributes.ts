import type { BigIntStats } from 'node:fs';
import type { StatsChange, Timestamp } from '../../vfs/stats.ts';

const NANOSECONDS = 1_000_000_000n;

/** Mode and times of a file of the host, to the nanosecond. */
export function attributesOf(stats: BigIntStats): StatsChange {
  return {
    mode: Number(stats.mode & 0o7777n),
    atime: timestamp(stats.atimeNs),
    mtime: timestamp(stats.mtimeNs),
  };
}

function timestamp(nanoseconds: bigint): Timestamp {
  const rest = ((nanoseconds % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  return { seconds: Number((nanoseconds - rest) / NANOSECONDS), nanoseconds: Number(rest) };
}
