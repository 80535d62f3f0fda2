import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { sftp } from './client.ts';
import { measure, type Measurement, type Watched } from './measure.ts';
import type { SftpTarget } from './peer.ts';
import type { Step, Workload } from './workload.ts';

/** A peer in the ring. */
export interface Contestant {
  readonly label: string;
  readonly target: SftpTarget;
  readonly watched: Watched;
}

/** All measurements of one step: for each contestant one a round, in the order of the rounds. */
export interface StepResult {
  readonly step: Step;
  readonly measurements: ReadonlyMap<string, readonly Measurement[]>;
}

export interface RoundOptions {
  readonly rounds: number;
  readonly cipher: string | undefined;
  /** Told what is about to run. */
  say(line: string): void;
}

/** Runs a workload A B A B: in each round once against each contestant, so that what drifts drifts for all. */
export async function runRounds(
  workload: Workload,
  contestants: readonly Contestant[],
  options: RoundOptions,
): Promise<StepResult[]> {
  const results = workload.steps.map((step) => ({ step, measurements: new Map<string, Measurement[]>() }));
  await workload.prepare();
  for (const { target } of contestants) await untimed(target, workload.setUp?.(target), options);
  for (let round = 1; round <= options.rounds; round++) {
    for (const contestant of contestants) {
      options.say(`${workload.name}, round ${round} of ${options.rounds}: ${contestant.label}`);
      for (const result of results) {
        const measured = await runStep(result.step, contestant, options);
        result.measurements.set(contestant.label, [
          ...(result.measurements.get(contestant.label) ?? []),
          measured,
        ]);
      }
      await untimed(contestant.target, workload.cleanUp?.(contestant.target), options);
    }
  }
  return results;
}

async function runStep(
  step: Step,
  { target, watched }: Contestant,
  { cipher }: RoundOptions,
): Promise<Measurement> {
  // What the last step left to be written back must not be paid for by this one.
  await promisify(execFile)('sync');
  const measured = await measure(watched, () => sftp(target, step.commands(target), cipher));
  await step.verify?.();
  return measured;
}

async function untimed(
  target: SftpTarget,
  commands: readonly string[] | undefined,
  { cipher }: RoundOptions,
): Promise<void> {
  if (commands !== undefined) await sftp(target, commands, cipher);
}
