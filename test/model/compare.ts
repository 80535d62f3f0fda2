import * as fc from 'fast-check';
import { run, type MachineFactory } from './machine.ts';
import { programs, type Step } from './steps.ts';

export interface ModelOptions {
  readonly runs: number;
  /** Steps in a program at most. */
  readonly length: number;
  /** Absent: another one each time; fast-check prints it when it finds something. */
  readonly seed?: number | undefined;
}

/** Runs random programs on both storages and throws with the smallest program found that tells them apart. */
export async function expectSameBehaviour(
  one: MachineFactory,
  other: MachineFactory,
  options: ModelOptions,
): Promise<void> {
  const { runs, length, seed } = options;
  const same = fc.asyncProperty(programs(length), (program) => expectSame(one, other, program));
  await fc.assert(same, { numRuns: runs, ...(seed === undefined ? {} : { seed }) });
}

async function expectSame(
  one: MachineFactory,
  other: MachineFactory,
  program: readonly Step[],
): Promise<void> {
  const [wanted, actual] = [await run(one, program), await run(other, program)];
  const differs = wanted.findIndex((line, index) => line !== actual[index]);
  if (differs < 0 && wanted.length === actual.length) return;
  const line = differs < 0 ? wanted.length : differs;
  throw new Error(`the first that differs:\n  one:   ${wanted[line]}\n  other: ${actual[line]}`);
}
