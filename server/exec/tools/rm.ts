import { isVfsError } from '../../../vfs/errors.ts';
import { UsageError } from './options.ts';
import { quoted } from './quoted.ts';
import { tool, type Run } from './tool.ts';
import { treeOf } from './tree.ts';

const OPTIONS = {
  force: '-f --force',
  recursive: '-r -R --recursive',
  directories: '-d --dir',
  verbose: '-v --verbose',
  // Nobody is there to be asked; OpenSSH's and WinSCP's users have aliases that say these.
  ignored: '-i -I --one-file-system --preserve-root --no-preserve-root',
};

type RmRun = Run<keyof typeof OPTIONS>;

/** Removes names, a symlink itself; the storage's root never. */
export const rm = tool('rm', OPTIONS, async (run) => {
  if (run.operands.length === 0 && !run.options.has('force')) throw new UsageError('missing operand');
  for (const name of run.operands) {
    const last = name.replace(/\/+$/, '').replace(/^.*\//, '');
    if (last === '.' || last === '..') {
      await run.complain(`refusing to remove '.' or '..' directory: skipping ${quoted(name)}`);
    } else await run.attempt(`cannot remove ${quoted(name)}`, () => remove(run, name));
  }
});

async function remove(run: RmRun, name: string): Promise<void> {
  const { options } = run;
  try {
    // A slash at the end asks for a directory, and would have a symlink followed.
    const met = { path: run.path(name), name, stats: await run.lstat(name), depth: 0 };
    if (met.stats.type === 'directory' && met.path === '/') {
      return await run.complain(`it is dangerous to operate recursively on '/'`);
    }
    const isEmptyOne = options.has('directories');
    if (met.stats.type === 'directory' && !options.has('recursive') && !isEmptyOne) {
      return await run.complain(`cannot remove ${quoted(name)}: Is a directory`);
    }
    const enters = (): boolean => options.has('recursive');
    for await (const one of treeOf(run, met, { after: true, enters })) {
      const isDirectory = one.stats.type === 'directory';
      const done = await run.attempt(`cannot remove ${quoted(one.name)}`, () =>
        isDirectory ? run.storage.rmdir(one.path, run.ctx) : run.storage.unlink(one.path, run.ctx),
      );
      const text = isDirectory ? 'removed directory ' : 'removed ';
      if (done && options.has('verbose')) await run.print(`${text}${quoted(one.name)}\n`);
    }
  } catch (error) {
    const isMissing = isVfsError(error, 'ENOENT') || isVfsError(error, 'ENOTDIR');
    if (!isMissing || !options.has('force')) throw error;
  }
}
