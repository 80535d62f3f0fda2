import { isVfsError } from '../../../vfs/errors.ts';
import { quoted } from './quoted.ts';
import { stepsOf, TARGET_OPTIONS, type Step } from './targets.ts';
import { tool, type Run } from './tool.ts';

const OPTIONS = {
  ...TARGET_OPTIONS,
  force: '-f --force',
  interactive: '-i --interactive',
  noClobber: '-n --no-clobber',
  update: '-u --update',
  verbose: '-v --verbose',
};

type MvRun = Run<keyof typeof OPTIONS>;

/** Renames, in one step each; what has the new name is replaced. */
export const mv = tool('mv', OPTIONS, async (run) => {
  for (const step of await stepsOf(run)) {
    await run.attempt(`cannot stat ${quoted(step.from)}`, () => move(run, step));
  }
});

async function move(run: MvRun, { from, to }: Step): Promise<void> {
  const { options, storage } = run;
  const source = await run.lstat(from.replace(/(?<=.)\/+$/, ''));
  const target = await statsOf(run, to);
  if (target?.inode === source.inode) {
    return run.complain(`${quoted(from)} and ${quoted(to)} are the same file`);
  }
  if (target?.type === 'directory' && source.type !== 'directory') {
    return run.complain(`cannot overwrite directory ${quoted(to)} with non-directory`);
  }
  const isOld = target !== undefined && options.has('update') && source.mtime.seconds <= target.mtime.seconds;
  if (isOld) return;
  const replace = options.last('noClobber', 'force', 'interactive') !== 'noClobber';
  const [fromPath, toPath] = [from, to].map((text) => run.path(text.replace(/(?<=.)\/+$/, '')));
  if (fromPath === undefined || toPath === undefined) return;
  const done = await run.attempt(`cannot move ${quoted(from)} to ${quoted(to)}`, async () => {
    // `-n` decides inside the store.
    const renaming = storage.rename(fromPath, toPath, { replace }, run.ctx);
    await renaming.catch((error: unknown) => {
      if (replace || !isVfsError(error, 'EEXIST')) throw error;
    });
  });
  if (done && options.has('verbose')) await run.print(`renamed ${quoted(from)} -> ${quoted(to)}\n`);
}

async function statsOf(run: MvRun, name: string): Promise<Awaited<ReturnType<MvRun['lstat']>> | undefined> {
  try {
    return await run.lstat(name);
  } catch (error) {
    if (isVfsError(error)) return undefined;
    throw error;
  }
}
