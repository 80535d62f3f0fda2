import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { measure, type Measurement, type Watched } from './measure.ts';
import type { RunningPeer, Service } from './peer.ts';
import type { Step, Workload } from './workload.ts';

/** A peer in the ring. */
export interface Contestant {
  readonly label: string;
  readonly peer: RunningPeer;
  readonly services: ReadonlySet<Service>;
  readonly watched: Watched;
}

/** All measurements of one step: for each contestant one a round, in the order of the rounds. */
export interface StepResult {
  readonly step: Step;
  readonly measurements: ReadonlyMap<string, readonly Measurement[]>;
  /** Why a contestant has none. */
  readonly missing: ReadonlyMap<string, string>;
}

export interface RoundOptions {
  readonly rounds: number;
  /** Rounds before those, which do not count. */
  readonly warmUp: number;
  /** Any path on the disk that all share. */
  readonly disk: string;
  /** Told what is about to run. */
  readonly say: (line: string) => void;
}

interface Tally extends StepResult {
  readonly measurements: Map<string, Measurement[]>;
  readonly missing: Map<string, string>;
}

/**
 * Runs a workload A B A B: in each round once against each contestant, so that what drifts drifts for all. Who fails
 * a step is out of that workload; the others go on. What the first rounds cost and later ones do not (code to be compiled, memory that
 * the machine has not used before) does not count.
 */
export async function runRounds(
  workload: Workload,
  contestants: readonly Contestant[],
  { rounds, warmUp, disk, say }: RoundOptions,
): Promise<StepResult[]> {
  const tallies = workload.steps.map((step): Tally => ({
    step,
    measurements: new Map(),
    missing: new Map(),
  }));
  await workload.prepare?.();
  const able = contestants.filter((contestant) => hasAnything(tallies, contestant));
  const standing = new Set(able);
  for (const contestant of able)
    await attempt(tallies, standing, contestant, (peer) => workload.setUp?.(peer));
  for (let round = 1 - warmUp; round <= rounds; round++) {
    const counts = round > 0;
    for (const contestant of standing) {
      say(`${workload.name}, ${counts ? `round ${round} of ${rounds}` : 'warming up'}: ${contestant.label}`);
      await attempt(tallies, standing, contestant, async (peer) => {
        for (const tally of tallies) {
          const measured = await runStep(tally, contestant, disk);
          if (counts && measured !== undefined) note(tally, contestant, measured);
        }
        await workload.cleanUp?.(peer);
      });
    }
  }
  for (const { peer } of standing) await workload.tearDown?.(peer);
  return tallies;
}

/** Notes what a contestant does not offer; is there anything left? */
function hasAnything(tallies: readonly Tally[], { label, services }: Contestant): boolean {
  for (const { step, missing } of tallies) {
    if (step.needs !== undefined && !services.has(step.needs)) missing.set(label, `has no ${step.needs}`);
  }
  return tallies.some(({ missing }) => !missing.has(label));
}

async function attempt(
  tallies: readonly Tally[],
  standing: Set<Contestant>,
  contestant: Contestant,
  work: (peer: RunningPeer) => Promise<void> | undefined,
): Promise<void> {
  try {
    await work(contestant.peer);
  } catch (error) {
    standing.delete(contestant);
    const message = (error as Error).message.split('\n', 1)[0] ?? '';
    for (const { missing, measurements } of tallies) {
      if (missing.has(contestant.label)) continue;
      measurements.delete(contestant.label);
      missing.set(contestant.label, `failed: ${message}`);
    }
  }
}

function note({ measurements }: Tally, { label }: Contestant, measured: Measurement): void {
  measurements.set(label, [...(measurements.get(label) ?? []), measured]);
}

/** Nothing where the contestant does not offer it. */
async function runStep(
  { step, missing }: Tally,
  contestant: Contestant,
  disk: string,
): Promise<Measurement | undefined> {
  const { label, peer, watched } = contestant;
  if (missing.has(label)) return undefined;
  const run = await step.begin(peer);
  // What the last step left to be written back must not be paid for by this one.
  await promisify(execFile)('sync', ['--file-system', disk]);
  const measured = await measure(watched, run);
  await step.verify?.(peer);
  return measured;
}
