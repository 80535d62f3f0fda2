import { isVfsError } from '../../../vfs/errors.ts';
import { replacing } from '../../../vfs/extensions/draft.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import { quoted } from './quoted.ts';
import { lastName, stepsOf, TARGET_OPTIONS, type Step } from './targets.ts';
import { tool, type Run } from './tool.ts';

const OPTIONS = {
  ...TARGET_OPTIONS,
  symbolic: '-s --symbolic',
  force: '-f --force',
  noDereference: '-n --no-dereference',
  logical: '-L --logical',
  physical: '-P --physical',
  verbose: '-v --verbose',
};

type LnRun = Run<keyof typeof OPTIONS>;

/** Makes links: `ln [-s] TARGET NAME`, `ln [-s] TARGET`, several into a directory. */
export const ln = tool('ln', OPTIONS, async (run) => {
  const [only, ...others] = run.operands;
  const isHere =
    only !== undefined && others.length === 0 && run.options.value('targetDirectory') === undefined;
  const steps = isHere ? [{ from: only, to: lastName(only) }] : await stepsOf(asNamed(run));
  for (const step of steps) {
    const kind = run.options.has('symbolic') ? 'symbolic' : 'hard';
    await run.attempt(`failed to create ${kind} link ${quoted(step.to)}`, () => link(run, step));
  }
});

/** `-n`: a symlink to a directory is a name like any other. */
function asNamed(run: LnRun): LnRun {
  if (!run.options.has('noDereference')) return run;
  return Object.create(run, { stat: { value: (name: string) => run.lstat(name) } }) as LnRun;
}

async function link(run: LnRun, { from, to }: Step): Promise<void> {
  const { options, storage, ctx } = run;
  const make = async (path: VfsPath): Promise<void> => {
    if (options.has('symbolic')) return storage.symlink(from, path, ctx);
    const source = options.last('logical', 'physical') === 'logical';
    const existing = source ? (await storage.resolve(run.path(from), 'follow', ctx)).path : run.path(from);
    return storage.link(existing, path, ctx);
  };
  const path = run.path(to);
  try {
    await make(path);
  } catch (error) {
    if (!options.has('force') || !isVfsError(error, 'EEXIST')) throw error;
    const { path: real } = await storage.resolve(path, 'keep', ctx);
    await replacing(storage, real, make, ctx);
  }
  if (options.has('verbose'))
    await run.print(`${quoted(to)} ${options.has('symbolic') ? '->' : '=>'} ${quoted(from)}\n`);
}
