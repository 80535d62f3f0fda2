import * as fc from 'fast-check';
import { run, type MachineFactory, type View } from './machine.ts';
import { programs, sharedSteps, uncountedSteps, type Step } from './steps.ts';

export interface ModelOptions {
  readonly runs: number;
  /** Steps in a program at most. */
  readonly length: number;
  /** Absent: another one each time; fast-check prints it when it finds something. */
  readonly seed?: number | undefined;
  /** `shared` for stores that count nothing: only steps that both know, and of their answers what both can say. */
  readonly view?: View | undefined;
  /** Steps that are left out, of an ability that one of the storages declares to lack. */
  readonly without?: readonly Step['do'][] | undefined;
}

/** Runs random programs on both storages and throws with the smallest program found that tells them apart. */
export async function expectSameBehaviour(
  one: MachineFactory,
  other: MachineFactory,
  options: ModelOptions,
): Promise<void> {
  const { runs, length, seed, view = 'exact', without = [] } = options;
  const some = programs(length)
    .map(STEPS_OF[view])
    .map((program) => program.filter((step) => !without.includes(step.do)));
  const same = fc.asyncProperty(some, (program) => expectSame(one, other, program, view));
  await fc.assert(same, { numRuns: runs, ...(seed === undefined ? {} : { seed }) });
}

const STEPS_OF: Readonly<Record<View, (program: readonly Step[]) => readonly Step[]>> = {
  exact: (program) => program,
  uncounted: uncountedSteps,
  shared: sharedSteps,
};

async function expectSame(
  one: MachineFactory,
  other: MachineFactory,
  program: readonly Step[],
  view: View,
): Promise<void> {
  const [wanted, actual] = [await run(one, program, view), await run(other, program, view)];
  const differs = wanted.findIndex((line, index) => line !== actual[index]);
  if (differs < 0 && wanted.length === actual.length) return;
  const line = differs < 0 ? wanted.length : differs;
  throw new Error(`the first that differs:\n  one:   ${wanted[line]}\n  other: ${actual[line]}`);
}
