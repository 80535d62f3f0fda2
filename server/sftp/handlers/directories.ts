import { isVfsError, VfsError } from '../../../vfs/errors.ts';
import { parentOf, type VfsPath } from '../../../vfs/path.ts';
import type { DirectoryEntry, Stats } from '../../../vfs/stats.ts';
import { clientName, clientPath } from '../client-path.ts';
import { longname } from '../longname.ts';
import type { OpenDirectory } from '../open-handles.ts';
import type { NamedEntry } from '../replies.ts';
import { EOF, OK } from '../status.ts';
import type { Handler, HandlerContext } from './context.ts';

/** Entries in one NAME, as OpenSSH's server sends: some 67 KiB at most with the longest names, usually 12. */
const PAGE_ENTRIES = 100;
/** A directory that keeps being renamed under a READDIR is looked for so often. */
const ATTEMPTS = 8;
const DIRECTORY_MODE = 0o777;
/** What mkdir(2) takes of a mode: a new directory never sets ids. */
const DIRECTORY_MODE_BITS = 0o1777;

export const opendir: Handler<'opendir'> = async (context, { path }) => {
  const handle = await context.handles.open(() => openDirectory(context, clientPath(path, 'readdir')));
  return { kind: 'handle', handle };
};

/** The entry asked for is thrown away: it tells whether the directory may be listed, as opendir(3) does. */
async function openDirectory({ mount, ctx }: HandlerContext, path: VfsPath): Promise<OpenDirectory> {
  const [found] = await Promise.all([
    mount.resolve(path, 'follow', ctx),
    mount.readdir(path, { limit: 1 }, ctx),
  ]);
  if (found.stats === undefined) throw new VfsError('ENOENT', { op: 'readdir', path });
  return {
    kind: 'directory',
    inode: found.stats.inode,
    path: found.path,
    progress: 'before',
    after: undefined,
  };
}

export const readdir: Handler<'readdir'> = async (context, { handle }) => {
  const directory = context.handles.directory(handle);
  if (directory.progress === 'ended') return EOF;
  try {
    return await nextPage(context, directory);
  } catch (error) {
    // A directory that was removed while it was listed has no more entries, as on Linux.
    if (isVfsError(error, 'ESTALE') || isVfsError(error, 'ENOENT')) return EOF;
    throw error;
  }
};

async function nextPage(context: HandlerContext, directory: OpenDirectory) {
  const dots = directory.progress === 'before' ? await dotEntries(context, directory.path) : [];
  const limit = PAGE_ENTRIES - dots.length;
  const entries = await entriesOf(context, directory, limit);
  directory.after = entries.at(-1)?.name ?? directory.after;
  directory.progress = entries.length < limit ? 'ended' : 'listing';
  const all = [...dots, ...entries];
  return all.length === 0 ? EOF : ({ kind: 'names', entries: named(context, all) } as const);
}

/** `.` and `..`, without one that may not be looked at. */
async function dotEntries({ mount, ctx }: HandlerContext, path: VfsPath): Promise<DirectoryEntry[]> {
  const looks = [mount.lstat(path, ctx), mount.lstat(parentOf(path), ctx)];
  const [self, parent] = await Promise.allSettled(looks);
  return [entryOf('.', self), entryOf('..', parent)].filter((entry) => entry !== undefined);
}

function entryOf(name: string, look: PromiseSettledResult<Stats> | undefined): DirectoryEntry | undefined {
  return look?.status === 'fulfilled' ? { name, stats: look.value } : undefined;
}

/** The entries that follow, wherever the directory is by now. `ESTALE` where it is gone. */
async function entriesOf(
  { mount, ctx }: HandlerContext,
  directory: OpenDirectory,
  limit: number,
): Promise<DirectoryEntry[]> {
  const { inode, after } = directory;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { path } = directory;
    // Asked together: what was listed is the directory meant where it is still there afterwards.
    const [listing, place] = await Promise.allSettled([
      mount.readdir(path, { after, limit }, ctx),
      mount.capabilities.inodes ? mount.inodeToPath(inode, ctx) : path,
    ]);
    if (place.status === 'rejected') throw place.reason;
    if (place.value === path) return valueOf(listing);
    directory.path = place.value;
  }
  throw new VfsError('EAGAIN', { op: 'readdir', path: directory.path });
}

function valueOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

function named({ names, now }: HandlerContext, entries: readonly DirectoryEntry[]): NamedEntry[] {
  const time = now();
  return entries.map(({ name, stats }) => ({ name, stats, longname: longname(name, stats, names, time) }));
}

export const mkdir: Handler<'mkdir'> = async ({ mount, ctx, umask }, { path, attributes }) => {
  const mode = (attributes.mode ?? DIRECTORY_MODE) & DIRECTORY_MODE_BITS & ~umask;
  await mount.mkdir(clientName(path, 'mkdir').path, mode, ctx);
  return OK;
};

export const rmdir: Handler<'rmdir'> = async ({ mount, ctx }, request) => {
  const { path, last } = clientName(request.path, 'rmdir');
  if (last === '.') throw new VfsError('EINVAL', { op: 'rmdir', path });
  await mount.rmdir(path, ctx);
  return OK;
};
