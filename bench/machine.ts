import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

const TICKS_PER_SECOND = 100;
/** Columns of the first line of /proc/stat in which a core does nothing: idle, iowait. */
const IDLE_COLUMNS: ReadonlySet<number> = new Set([3, 4]);
/** guest and guest_nice are part of user and nice. */
const COLUMNS = 8;

/** Seconds that all cores together were busy since the machine started, for whomever; stolen time is busy. */
export function busySeconds(): number {
  const columns =
    readFileSync('/proc/stat', 'latin1')
      .split('\n', 1)[0]
      ?.trim()
      .split(/\s+/)
      .slice(1, 1 + COLUMNS) ?? [];
  const busy = columns.filter((_, index) => !IDLE_COLUMNS.has(index)).map(Number);
  return busy.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}

/** What the numbers were taken on. */
export function describeMachine(): Record<string, string | number> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    kernel: release(),
    node: process.version,
    load: Number(loadavg()[0]?.toFixed(2)),
  };
}
