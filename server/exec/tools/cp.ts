import { copyFile } from '../../../vfs/file-storage/copy-file.ts';
import { isVfsError } from '../../../vfs/errors.ts';
import { childOf, entriesOf } from '../../../vfs/extensions/entries.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import type { Stats } from '../../../vfs/stats.ts';
import { errorText } from '../error-text.ts';
import { quoted } from './quoted.ts';
import { stepsOf, TARGET_OPTIONS, type Step } from './targets.ts';
import { tool, type Run } from './tool.ts';

const OPTIONS = {
  ...TARGET_OPTIONS,
  archive: '-a --archive',
  recursive: '-r -R --recursive',
  preserve: '-p',
  preserveWhat: '--preserve[=]',
  noDereference: '-P -d --no-dereference',
  dereference: '-L --dereference',
  force: '-f --force',
  interactive: '-i --interactive',
  noClobber: '-n --no-clobber',
  update: '-u --update',
  link: '-l --link',
  symbolicLink: '-s --symbolic-link',
  verbose: '-v --verbose',
  // Always so here, where it matters at all.
  ignored: '-x --one-file-system',
  reflink: '--reflink[=]',
  sparse: '--sparse=',
};

type CpRun = Run<keyof typeof OPTIONS>;

/** Copies inside the storage, without the content coming out of it; holes stay holes. */
export const cp = tool('cp', OPTIONS, async (run) => {
  for (const step of await stepsOf(run)) await copy(run, step, { isOperand: true, ancestors: [] });
});

interface Place {
  readonly isOperand: boolean;
  /** Inodes of the directories that are being copied into: what is made there is not copied again. */
  readonly ancestors: readonly number[];
}

async function copy(run: CpRun, step: Step, place: Place): Promise<void> {
  const { from, to } = step;
  await run.attempt(`cannot stat ${quoted(from)}`, async () => {
    const stats = followsLinks(run, place) ? await run.stat(from) : await run.lstat(from);
    const target = await statsOf(run, to);
    if (target?.inode === stats.inode) {
      return run.complain(`${quoted(from)} and ${quoted(to)} are the same file`);
    }
    if (target !== undefined && isKept(run, stats, target)) return;
    try {
      await copyOne(run, step, stats, target, place);
    } catch (error) {
      run.context.signal.throwIfAborted();
      await run.complain(
        `cannot create ${stats.type === 'directory' ? 'directory' : 'regular file'} ${quoted(to)}: ${errorText(error)}`,
      );
    }
  });
}

function followsLinks({ options }: CpRun, { isOperand }: Place): boolean {
  const last = options.last('archive', 'noDereference', 'dereference');
  if (last !== undefined) return last === 'dereference';
  return isOperand && !options.has('recursive') ? true : !options.has('recursive');
}

/** What is there stays, by `-n` or because it is not older (`-u`). */
function isKept({ options }: CpRun, source: Stats, target: Stats): boolean {
  if (target.type === 'directory') return false;
  const isNewer =
    source.mtime.seconds > target.mtime.seconds ||
    (source.mtime.seconds === target.mtime.seconds && source.mtime.nanoseconds > target.mtime.nanoseconds);
  return options.has('noClobber') || (options.has('update') && !isNewer);
}

async function copyOne(
  run: CpRun,
  step: Step,
  stats: Stats,
  target: Stats | undefined,
  place: Place,
): Promise<void> {
  const { options, storage, ctx } = run;
  const { from, to } = step;
  const path = run.path(to);
  if (stats.type === 'directory') return copyDirectory(run, step, stats, target, place);
  if (target?.type === 'directory') {
    return run.complain(`cannot overwrite directory ${quoted(to)} with non-directory`);
  }
  const removes =
    target !== undefined && (stats.type === 'symlink' || options.has('link') || options.has('symbolicLink'));
  if (removes) await storage.unlink(path, ctx);
  if (options.has('link')) await storage.link(run.path(from), path, ctx);
  else if (options.has('symbolicLink')) await storage.symlink(from, path, ctx);
  else if (stats.type === 'symlink')
    await storage.symlink(await storage.readlink(run.path(from), ctx), path, ctx);
  else await copyContent(run, run.path(from), path, stats, target);
  if (options.has('verbose')) await run.print(`${quoted(from)} -> ${quoted(to)}\n`);
  if (!options.has('link')) await keep(run, path, stats);
}

async function copyContent(
  run: CpRun,
  from: VfsPath,
  to: VfsPath,
  stats: Stats,
  target: Stats | undefined,
): Promise<void> {
  const { storage, ctx } = run;
  try {
    await copyFile(storage, from, to, false, ctx);
  } catch (error) {
    if (!run.options.has('force') || !isVfsError(error, 'EACCES') || target === undefined) throw error;
    await storage.unlink(to, ctx);
    await copyFile(storage, from, to, true, ctx);
  }
  // What was there keeps its mode; what is new has that of the source, cut by the umask.
  const mode = target?.mode ?? stats.mode & ~(run.context.umask | 0o7000);
  await storage.setstat(to, { mode }, run.following);
}

async function copyDirectory(
  run: CpRun,
  { from, to }: Step,
  stats: Stats,
  target: Stats | undefined,
  place: Place,
): Promise<void> {
  const { options, storage, ctx, context } = run;
  if (!options.has('recursive') && !options.has('archive')) {
    return run.complain(`-r not specified; omitting directory ${quoted(from)}`);
  }
  if (target !== undefined && target.type !== 'directory') {
    return run.complain(`cannot overwrite non-directory ${quoted(to)} with directory ${quoted(from)}`);
  }
  const path = run.path(to);
  if (target === undefined) await storage.mkdir(path, (stats.mode & ~context.umask) | 0o700, ctx);
  const made = await storage.lstat(path, run.following);
  if (place.ancestors.includes(stats.inode) || made.inode === stats.inode) {
    return run.complain(`cannot copy a directory, ${quoted(from)}, into itself, ${quoted(to)}`);
  }
  const ancestors = [...place.ancestors, made.inode];
  for await (const { name, stats: entry } of entriesOf(storage, run.path(from), ctx)) {
    context.signal.throwIfAborted();
    if (ancestors.includes(entry.inode)) {
      await run.complain(`cannot copy a directory, ${quoted(from)}, into itself, ${quoted(to)}`);
      continue;
    }
    const step = { from: childOf(from as VfsPath, name), to: childOf(to as VfsPath, name) };
    await copy(run, step, { isOperand: false, ancestors });
  }
  if (target === undefined) await storage.setstat(path, { mode: stats.mode & ~context.umask }, run.following);
  await keep(run, path, stats);
}

/** Mode, owner where it may be given, and times, by `-p` and `-a`. */
async function keep(run: CpRun, path: VfsPath, { type, mode, uid, gid, atime, mtime }: Stats): Promise<void> {
  const { options, storage, ctx } = run;
  if (!options.has('preserve') && !options.has('archive') && !options.has('preserveWhat')) return;
  await storage.setstat(path, { uid, gid }, ctx).catch((error: unknown) => {
    if (!isVfsError(error, 'EPERM')) throw error;
  });
  await storage.setstat(path, { atime, mtime, ...(type === 'symlink' ? {} : { mode }) }, ctx);
}

async function statsOf(run: CpRun, name: string): Promise<Stats | undefined> {
  try {
    return await run.stat(name);
  } catch (error) {
    if (isVfsError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
