import type { CallContext, Handle, OpenFlags, OpName } from '../../backend.ts';
import { isVfsError, VfsError } from '../../errors.ts';
import type { Call, Next, OpResult } from '../../layer.ts';
import { parentOf, ROOT, type VfsPath } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import { Changes } from './changes.ts';
import { inodeKey, Kept, nameKey, type KeptOptions } from './kept.ts';
import { SharedMisses } from './shared-misses.ts';

/** An open file; its number and attributes are asked for once they are needed. */
export interface CachedFile {
  readonly access: OpenFlags['access'];
  stats: Promise<Stats> | undefined;
}

/** What one stack caches. */
export interface State {
  readonly next: Next;
  readonly kept: Kept;
  readonly changes: Changes;
  readonly misses: SharedMisses;
  readonly files: Map<Handle, CachedFile>;
}

export function newState(next: Next, options: KeptOptions): State {
  const changes = new Changes();
  return { next, kept: new Kept(options), changes, misses: new SharedMisses(changes), files: new Map() };
}

/** For calls that others may wait for as well: nobody's signal ends them, and a symlink is itself. */
export function sharedContext({
  signal: _signal,
  follow: _follow,
  into: _into,
  ...ctx
}: CallContext): CallContext {
  return ctx;
}

/** Attributes by a path, from the cache or from below; `ENOENT` is kept too. */
export async function statsAt(state: State, path: VfsPath, ctx: CallContext): Promise<Stats> {
  const known = state.kept.statsAt(path);
  if (known !== undefined) return known;
  if (state.kept.isMissing(path)) throw new VfsError('ENOENT', { op: 'lstat', path });
  const call: Call<'lstat'> = { op: 'lstat', args: [path], ctx: sharedContext(ctx) };
  return state.misses.once('lstat', path, ctx.signal, () => askAt(state, path, call));
}

function askAt(state: State, path: VfsPath, call: Call<'lstat'>): Promise<Stats> {
  const { kept, changes, next } = state;
  return changes.while(async ({ isSteady }) => {
    try {
      const stats = await next(call);
      if (isSteady(...keysOf(path, stats))) keepAt(kept, path, stats);
      return stats;
    } catch (error) {
      if (isVfsError(error, 'ENOENT') && isSteady(...upFrom(path))) kept.keepMissing(path);
      throw error;
    }
  });
}

export function keysOf(path: VfsPath, { type, inode }: Stats): string[] {
  return type === 'directory' ? [nameKey(path)] : [nameKey(path), inodeKey(inode)];
}

export function keepAt(kept: Kept, path: VfsPath, stats: Stats): void {
  kept.keepName(path, stats);
  if (stats.type !== 'directory') kept.keepStats(stats);
}

/** The path and all directories above it. */
export function upFrom(path: VfsPath): VfsPath[] {
  const all = [path];
  for (let at = path; at !== ROOT; at = parentOf(at)) all.push(parentOf(at));
  return all;
}

/** The attributes of an open file at some moment since it was opened, for its number and type. */
export function statsOfFile(state: State, handle: Handle, ctx: CallContext): Promise<Stats> | undefined {
  const file = state.files.get(handle);
  if (file === undefined) return undefined;
  file.stats ??= askOf(state, handle, ctx).catch((error: unknown) => {
    file.stats = undefined;
    throw error;
  });
  return file.stats;
}

/** `fstat` from below, kept for what is no directory. */
export function askOf(state: State, handle: Handle, ctx: CallContext): Promise<Stats> {
  const call: Call<'fstat'> = { op: 'fstat', args: [handle], ctx: sharedContext(ctx) };
  return state.changes.while(async ({ isSteady }) => {
    const stats = await state.next(call);
    if (stats.type !== 'directory' && isSteady(inodeKey(stats.inode))) state.kept.keepStats(stats);
    return stats;
  });
}

/** What a change is about: names, inodes, and what must be forgotten. */
export interface Change {
  readonly keys: readonly string[];
  /** What was looked at to know the inodes. */
  readonly named: readonly string[];
  readonly forget: (kept: Kept) => void;
}

/**
 * Makes a change: what it is about is forgotten before it begins, so that nothing old is mixed with new, and once it has
 * ended. Where another change of the same names has ended meanwhile, it may have been about other inodes: all is forgotten.
 */
export function changing<K extends OpName>(
  state: State,
  call: Call<K>,
  about: () => Change | Promise<Change>,
): Promise<OpResult<K>> {
  const { kept, changes, next } = state;
  return changes.while(async ({ hasEnded }) => {
    const change = await about();
    changes.begin(change.keys);
    change.forget(kept);
    try {
      return await next(call);
    } finally {
      const isSure = !hasEnded(...change.named);
      if (isSure) change.forget(kept);
      else kept.forgetAll();
      changes.end(change.keys);
      if (!isSure) changes.endAll();
    }
  });
}
