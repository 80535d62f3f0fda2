import type { CallContext, VfsBackend } from '../backend.ts';
import { childOf, entriesOf } from '../extensions/entries.ts';
import { isVfsError, VfsError } from '../errors.ts';
import { parentOf, ROOT, type VfsPath } from '../path.ts';
import type { Stats } from '../stats.ts';
import { copyFile } from './copy-file.ts';
import { makeDirectories } from './make-directories.ts';
import { constants } from './open-flags.ts';
import { textAbove } from './paths.ts';

/** As `fs.cp` of Node. */
export interface CopyOptions {
  /** Copies what symlinks lead to. Default: false. */
  readonly dereference?: boolean | undefined;
  /** `EEXIST` where a file is there, and `force` is false. Default: false. */
  readonly errorOnExist?: boolean | undefined;
  /** False leaves out an entry, with all below it. */
  readonly filter?: ((source: string, destination: string) => boolean | Promise<boolean>) | undefined;
  /** Replaces files that are there. Default: true. */
  readonly force?: boolean | undefined;
  /** As for `copyFile`. Default: 0. */
  readonly mode?: number | undefined;
  /** Files keep their times. Default: false. */
  readonly preserveTimestamps?: boolean | undefined;
  /** Directories are copied with all that is in them. Default: false, and they are refused. */
  readonly recursive?: boolean | undefined;
  /** Symlinks keep their text; otherwise relative ones become absolute. Default: false. */
  readonly verbatimSymlinks?: boolean | undefined;
}

interface Copying {
  readonly backend: VfsBackend;
  readonly options: CopyOptions;
  /** For looking at what is copied: follows symlinks where that is asked for. */
  readonly looking: CallContext;
  readonly ctx: CallContext;
}

/** Copies whatever has the name, as `fs.cp` does; errors have POSIX codes. `backend` resolves paths. */
export async function copyAny(
  backend: VfsBackend,
  from: VfsPath,
  to: VfsPath,
  options: CopyOptions,
  ctx: CallContext,
): Promise<void> {
  const looking = { ...ctx, follow: options.dereference === true };
  const run: Copying = { backend, options, looking, ctx };
  const source = await backend.lstat(from, looking);
  await checkNotInto(run, source, to);
  await copyEntry(run, from, source, to);
}

/** Nothing is copied onto itself, and no directory to a place below itself. */
async function checkNotInto(run: Copying, source: Stats, to: VfsPath): Promise<void> {
  if ((await typeAndInode(run, to, run.looking))?.inode === source.inode) {
    throw invalid(to, 'source and target are the same');
  }
  if (source.type !== 'directory') return;
  for (let above = to; above !== ROOT;) {
    above = textAbove(above);
    const there = await typeAndInode(run, above, { ...run.ctx, follow: true });
    if (there?.inode === source.inode) throw invalid(to, 'a directory cannot be copied into itself');
  }
}

async function copyEntry(run: Copying, from: VfsPath, source: Stats, to: VfsPath): Promise<void> {
  const { backend, options, ctx } = run;
  if (options.filter !== undefined && !(await options.filter(from, to))) return;
  const target = await typeAndInode(run, to, run.looking);
  checkTypes(source, target, to);
  if (source.type === 'directory' && options.recursive !== true) {
    throw new VfsError('EISDIR', { path: from, detail: 'a directory is copied only with `recursive`' });
  }
  if (target === undefined) await makeDirectories(backend, textAbove(to), 0o777, ctx);
  if (source.type === 'directory') await copyDirectory(run, from, source, to, target);
  else if (source.type === 'symlink') await copySymlink(run, from, to, target);
  else await copyContent(run, from, source, to, target);
}

function checkTypes(source: Stats, target: Stats | undefined, to: VfsPath): void {
  if (target === undefined) return;
  const [comes, is] = [source.type === 'directory', target.type === 'directory'];
  if (comes && !is)
    throw new VfsError('ENOTDIR', { path: to, detail: 'a directory cannot replace what is none' });
  if (!comes && is)
    throw new VfsError('EISDIR', { path: to, detail: 'a directory cannot be replaced by a file' });
}

async function copyDirectory(
  run: Copying,
  from: VfsPath,
  source: Stats,
  to: VfsPath,
  target: Stats | undefined,
): Promise<void> {
  const { backend, ctx } = run;
  if (target === undefined) await backend.mkdir(to, 0o700, ctx);
  for await (const { name } of entriesOf(backend, from, ctx)) {
    const child = childOf(from, name);
    await copyEntry(run, child, await backend.lstat(child, run.looking), childOf(to, name));
  }
  // Last, since its mode may forbid to make something in it.
  if (target === undefined) await backend.setstat(to, { mode: source.mode }, ctx);
}

async function copyContent(
  run: Copying,
  from: VfsPath,
  source: Stats,
  to: VfsPath,
  target: Stats | undefined,
): Promise<void> {
  const { backend, options, ctx } = run;
  const { force = true, errorOnExist = false, mode = 0, preserveTimestamps = false } = options;
  if (target !== undefined && !force) {
    if (errorOnExist) throw new VfsError('EEXIST', { path: to });
    return;
  }
  // What replaces it is another file, as with Node: other names and open handles keep the old one.
  if (target !== undefined) await backend.unlink(to, ctx);
  await copyFile(backend, from, to, (mode & constants.COPYFILE_EXCL) !== 0, ctx);
  if (preserveTimestamps) await backend.setstat(to, { atime: source.atime, mtime: source.mtime }, ctx);
}

async function copySymlink(
  run: Copying,
  from: VfsPath,
  to: VfsPath,
  target: Stats | undefined,
): Promise<void> {
  const { backend, options, ctx } = run;
  const written = await backend.readlink(from, ctx);
  const text = options.verbatimSymlinks === true ? written : absolute(textAbove(from), written);
  if (target?.type === 'symlink') await backend.unlink(to, ctx);
  await backend.symlink(text, to, ctx);
}

/** A relative target as an absolute one, as text: `..` takes the name before it away. */
function absolute(directory: VfsPath, target: string): string {
  if (target.startsWith('/')) return target;
  let path = directory;
  for (const name of target.split('/')) {
    if (name === '..') path = parentOf(path);
    else if (name !== '' && name !== '.') path = childOf(path, name);
  }
  return path;
}

async function typeAndInode(run: Copying, path: VfsPath, ctx: CallContext): Promise<Stats | undefined> {
  try {
    return await run.backend.lstat(path, ctx);
  } catch (error) {
    if (isVfsError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function invalid(path: VfsPath, detail: string): VfsError {
  return new VfsError('EINVAL', { path, detail });
}
