import type { Measurement } from './measure.ts';
import type { StepResult } from './rounds.ts';
import { median, pairedRatios, spread } from './statistics.ts';

/** Paired runs that differ by more than this share of their median prove nothing. */
const TRUSTED_SPREAD = 0.25;
const GIBIBYTE = 2 ** 30;

/** One step of one peer, as medians over the rounds, beside the reference. */
export interface Row {
  readonly step: string;
  readonly peer: string;
  readonly seconds: number;
  /** MiB a second, or files a second for small files. */
  readonly rate: string;
  readonly serverSeconds: number;
  readonly serverSecondsPerGib: number | undefined;
  readonly peakBytes: number;
  readonly othersCores: number;
  /** How many times as fast as the reference; absent for the reference itself. */
  readonly speedRatio: number | undefined;
  /** How many times the reference's server CPU. */
  readonly cpuRatio: number | undefined;
  /** Of the paired speed ratios. */
  readonly spread: number | undefined;
  readonly trusted: boolean;
}

/** Rows for every peer; the reference is the label of the one that the others are divided by. */
export function compare({ step, measurements }: StepResult, reference: string): Row[] {
  const base = measurements.get(reference) ?? [];
  return [...measurements].map(([peer, runs]) => {
    const seconds = median(runs.map((run) => run.seconds));
    const serverSeconds = median(runs.map((run) => run.serverSeconds));
    const gibibytes = step.bytes / GIBIBYTE;
    return {
      step: step.name,
      peer,
      seconds,
      rate: rateOf(step.bytes, step.files, seconds),
      serverSeconds,
      serverSecondsPerGib: step.files === 1 ? serverSeconds / gibibytes : undefined,
      peakBytes: Math.max(...runs.map((run) => run.peakBytes)),
      othersCores: median(runs.map((run) => run.othersCores)),
      ...(peer === reference ? NOTHING_TO_COMPARE : ratios(runs, base)),
    };
  });
}

const NOTHING_TO_COMPARE = { speedRatio: undefined, cpuRatio: undefined, spread: undefined, trusted: true };

function ratios(
  runs: readonly Measurement[],
  base: readonly Measurement[],
): Pick<Row, 'speedRatio' | 'cpuRatio' | 'spread' | 'trusted'> {
  // Times are turned round: twice as fast is 2.
  const speed = pairedRatios(
    base.map((run) => run.seconds),
    runs.map((run) => run.seconds),
  );
  const cpu = pairedRatios(
    runs.map((run) => run.serverSeconds),
    base.map((run) => run.serverSeconds),
  );
  return {
    speedRatio: median(speed),
    cpuRatio: median(cpu),
    spread: spread(speed),
    trusted: spread(speed) <= TRUSTED_SPREAD,
  };
}

function rateOf(bytes: number, files: number, seconds: number): string {
  if (files === 1) return `${(bytes / 2 ** 20 / seconds).toFixed(0)} MiB/s`;
  return files === 0 ? '' : `${(files / seconds).toFixed(0)} files/s`;
}
