import type { Measurement } from './measure.ts';
import type { StepResult } from './rounds.ts';
import { median, pairedRatios, spread } from './statistics.ts';
import type { Step } from './workload.ts';

/** Paired runs that differ by more than this share of their median prove nothing. */
const TRUSTED_SPREAD = 0.25;
/** Cores that others may keep busy. */
const TRUSTED_OTHERS = 0.2;
const GIBIBYTE = 2 ** 30;

/** One step of one peer, as medians over the rounds, beside the reference. */
export interface Row {
  readonly step: string;
  readonly peer: string;
  readonly unit: Step['unit'];
  /** Less is better. */
  readonly value: number;
  /** MiB a second, or files a second for small files. */
  readonly rate: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly serverSeconds: number;
  readonly serverSecondsPerGib: number | undefined;
  readonly kernelSeconds: number;
  readonly peakBytes: number;
  readonly othersCores: number;
  /** How many times as good as the reference: as fast, or as small; absent for the reference itself. */
  readonly ratio: number | undefined;
  /** How many times the reference's server CPU. */
  readonly cpuRatio: number | undefined;
  /** Of the paired ratios. */
  readonly spread: number | undefined;
  readonly trusted: boolean;
}

/** A step that a peer did not do, and why. */
export interface MissingRow {
  readonly step: string;
  readonly peer: string;
  readonly missing: string;
}

/** Rows for every peer; the reference is the label of the one that the others are divided by. */
export function compare({ step, measurements }: StepResult, reference: string): Row[] {
  const base = measurements.get(reference) ?? [];
  return [...measurements].map(([peer, runs]) => {
    const value = median(runs.map((run) => run.value));
    const serverSeconds = median(runs.map((run) => run.serverSeconds));
    const othersCores = median(runs.map((run) => run.othersCores));
    const compared = peer === reference || base.length === 0 ? NOTHING_TO_COMPARE : ratios(runs, base);
    return {
      step: step.name,
      peer,
      unit: step.unit,
      value,
      rate: rateOf(step, value),
      figures: medians(runs),
      serverSeconds,
      serverSecondsPerGib: step.bytes >= GIBIBYTE / 64 ? serverSeconds / (step.bytes / GIBIBYTE) : undefined,
      kernelSeconds: median(runs.map((run) => run.kernelSeconds)),
      peakBytes: Math.max(...runs.map((run) => run.peakBytes)),
      othersCores,
      ...compared,
      trusted: (compared.spread ?? 0) <= TRUSTED_SPREAD && othersCores <= TRUSTED_OTHERS,
    };
  });
}

/** What peers did not do. */
export function missingRows({ step, missing }: StepResult): MissingRow[] {
  return [...missing].map(([peer, reason]) => ({ step: step.name, peer, missing: reason }));
}

const NOTHING_TO_COMPARE = { ratio: undefined, cpuRatio: undefined, spread: undefined };

function ratios(
  runs: readonly Measurement[],
  base: readonly Measurement[],
): Pick<Row, 'ratio' | 'cpuRatio' | 'spread'> {
  // Values are turned round: twice as fast is 2.
  const better = pairedRatios(
    base.map((run) => run.value),
    runs.map((run) => run.value),
  );
  const cpu = pairedRatios(
    runs.map((run) => run.serverSeconds),
    base.map((run) => run.serverSeconds),
  );
  return { ratio: median(better), cpuRatio: median(cpu), spread: spread(better) };
}

function medians(runs: readonly Measurement[]): Record<string, number> {
  const names = Object.keys(runs[0]?.figures ?? {});
  return Object.fromEntries(
    names.map((name) => [name, median(runs.map((run) => run.figures[name] ?? Number.NaN))]),
  );
}

/** Bytes where a step is about those, otherwise what it counts. */
function rateOf({ bytes, count, unit }: Step, value: number): string {
  if (unit !== 's') return '';
  if (count > 1) return `${(count / value).toFixed(0)}/s`;
  return bytes === 0 ? '' : `${(bytes / 2 ** 20 / value).toFixed(0)} MiB/s`;
}
