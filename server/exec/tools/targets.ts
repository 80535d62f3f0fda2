import { isVfsError, VfsError } from '../../../vfs/errors.ts';
import { childOf } from '../../../vfs/extensions/entries.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import { UsageError } from './options.ts';
import { quoted } from './quoted.ts';
import type { Run } from './tool.ts';

/** The options by which `cp`, `mv` and `ln` say where things go. */
export const TARGET_OPTIONS = {
  targetDirectory: '-t --target-directory=',
  noTargetDirectory: '-T --no-target-directory',
};

/** One thing and where it goes, both as the command line has them. */
export interface Step {
  readonly from: string;
  readonly to: string;
}

/** What the operands of `cp`, `mv` and `ln` mean: from one name to another, or several into a directory. */
export async function stepsOf<N extends string>(run: Run<N | keyof typeof TARGET_OPTIONS>): Promise<Step[]> {
  const { options, operands } = run;
  const into = options.value('targetDirectory');
  const [first, ...others] = operands;
  if (first === undefined) throw new UsageError('missing file operand');
  if (into !== undefined) return intoDirectory(run, into, operands);
  const last = others.at(-1);
  if (last === undefined) throw new UsageError(`missing destination file operand after ${quoted(first)}`);
  if (options.has('noTargetDirectory')) {
    if (others.length > 1) throw new UsageError(`extra operand ${quoted(others[1] ?? '')}`);
    return [{ from: first, to: last }];
  }
  if (others.length > 1 || (await isDirectory(run, last)))
    return intoDirectory(run, last, operands.slice(0, -1));
  return [{ from: first, to: last }];
}

async function intoDirectory<N extends string>(
  run: Run<N>,
  into: string,
  names: readonly string[],
): Promise<Step[]> {
  if (!(await isDirectory(run, into))) {
    await run.complain(
      `target ${quoted(into)}: ${(await exists(run, into)) ? 'Not a directory' : 'No such file or directory'}`,
    );
    return [];
  }
  return names.map((from) => ({ from, to: childOf(into as VfsPath, lastName(from)) }));
}

/** The last name of a path, slashes at its end left out. */
export function lastName(text: string): string {
  const trimmed = text.replace(/(?<=.)\/+$/, '');
  return trimmed === '/' ? trimmed : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

async function exists<N extends string>(run: Run<N>, name: string): Promise<boolean> {
  try {
    await run.stat(name);
    return true;
  } catch (error) {
    if (error instanceof VfsError) return false;
    throw error;
  }
}

async function isDirectory<N extends string>(run: Run<N>, name: string): Promise<boolean> {
  try {
    return (await run.stat(name)).type === 'directory';
  } catch (error) {
    if (isVfsError(error)) return false;
    throw error;
  }
}
