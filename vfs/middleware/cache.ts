import type { Handle } from '../backend.ts';
import type { Capabilities } from '../capabilities.ts';
import { aFunction, checked, kind, optional, shape } from '../checks.ts';
import { override, type Call, type Handlers, type Layer, type Next, type OpResult } from '../layer.ts';
import { mutates, pathsOf } from '../ops.ts';
import { changingAt, linking, making, opening, removing, renaming } from './cache/changes-of-names.ts';
import { EVERYTHING } from './cache/changes.ts';
import { inodeKey, type Kept } from './cache/kept.ts';
import { readdir } from './cache/list.ts';
import { read } from './cache/read.ts';
import { readlink } from './cache/read-link.ts';
import { resolve } from './cache/resolution.ts';
import { askOf, changing, newState, statsAt, statsOfFile, type State } from './cache/state.ts';
import { canonicalCall } from './shared/canonical-call.ts';

export interface CacheOptions {
  /** Bytes of memory at most, about. Default: 64 MiB. */
  readonly bytes?: number | undefined;
  /** Milliseconds for which an answer may be given again, where others change the storage as well. Absent: as long as there is room. */
  readonly timeToLive?: number | undefined;
  /** Milliseconds, from any beginning. */
  readonly now?: (() => number) | undefined;
}

const BYTES = 64 * 2 ** 20;
const aCount = kind('an integer from 1 up', (value) => Number.isSafeInteger(value) && (value as number) > 0);
const OPTIONS = shape({ bytes: optional(aCount), timeToLive: optional(aCount), now: optional(aFunction) });

/**
 * Keeps what a slow storage has answered: attributes, names that are missing, pages of listings, targets of symlinks,
 * resolutions, and content in blocks of 128 KiB, the least recently used going first.
 *
 * Promises: whatever is changed through it is seen through it at once, by whichever of its names or handles; a read is
 * never half of a write. Calls for the same thing that miss at the same time are one call below. What is changed past it is
 * seen after `timeToLive`. It stands below path resolution and whatever tells identities apart, since all who call are
 * given the same answers; put it over the backend once, and the stacks of sessions on that.
 * Cost: a few lookups a call; a change asks for the attributes of what it changes where they are not known, and the first
 * read or write of an open file for its number. Memory: `bytes`, and an entry for each open file. Not kept:
 * reads of more than 8 MiB, extended attributes, `statfs`. Concurrency: what is asked while it is being changed is not kept.
 */
export function cache(options: CacheOptions = {}): Layer {
  const { bytes = BYTES, timeToLive, now = () => performance.now() } = checked(options, 'options', OPTIONS);
  return (next, below) => {
    const state = newState(next, { bytes, timeToLive, now });
    const cached = override(() => handlers(state, below))(unknown(state));
    return async (call) =>
      cached(call.op === 'resolve' || pathsOf(call).length === 0 ? call : canonicalCall(call));
  };
}

/** An operation that nobody thought of: nothing that is known is sure after it. */
function unknown(state: State): Next {
  const everything = { keys: [EVERYTHING], named: [], forget: (kept: Kept) => kept.forgetAll() };
  return (call) => (mutates(call) ? changing(state, call, () => everything) : state.next(call));
}

function handlers(state: State, below: Capabilities | undefined): Handlers {
  const { next, kept, files } = state;
  return {
    lstat: (call) => lstat(state, call),
    readdir: (call) => readdir(state, call),
    readlink: (call) => readlink(state, call),
    resolve: (call) => resolve(state, call),
    pathToInode: async (call) => (below?.inodes === true && kept.statsAt(call.args[0])?.inode) || next(call),
    statInode: async (call) => (below?.inodes === true && kept.statsOf(call.args[0])) || next(call),
    mkdir: (call) => making(state, call, call.args[0]),
    symlink: (call) => making(state, call, call.args[1]),
    unlink: (call) => removing(state, call, call.args[0]),
    rmdir: (call) => removing(state, call, call.args[0]),
    link: (call) => linking(state, call),
    rename: (call) => renaming(state, call),
    setstat: (call) => changingAt(state, call, call.args[0], call.args[1].size !== undefined),
    setxattr: (call) => changingAt(state, call, call.args[0]),
    removexattr: (call) => changingAt(state, call, call.args[0]),
    async open(call) {
      const handle = await opening(state, call);
      files.set(handle, { access: call.args[1].access, stats: undefined });
      return handle;
    },
    read: (call) => read(state, call),
    fstat: (call) => fstat(state, call),
    write: (call) => changingFile(state, call, call.args[0], (inode) => forgetWritten(kept, inode, call)),
    copyRange: (call) => changingFile(state, call, call.args[3], (inode) => kept.forgetBlocks(inode)),
    fsetstat: (call) =>
      changingFile(state, call, call.args[0], (inode) => {
        if (call.args[1].size !== undefined) kept.forgetBlocks(inode);
      }),
    close: (call) => close(state, call),
  };
}

async function lstat(state: State, call: Call<'lstat'>): Promise<OpResult<'lstat'>> {
  const stats = await statsAt(state, call.args[0], call.ctx);
  // What it leads to is for whoever resolves paths to say.
  return call.ctx.follow === true && stats.type === 'symlink' ? state.next(call) : stats;
}

async function fstat(state: State, call: Call<'fstat'>): Promise<OpResult<'fstat'>> {
  const [handle] = call.args;
  const file = state.files.get(handle);
  if (file === undefined) return state.next(call);
  const isFirst = file.stats === undefined;
  const stats = (await statsOfFile(state, handle, call.ctx)) as OpResult<'fstat'>;
  if (isFirst) return stats;
  const known = stats.type === 'directory' ? undefined : state.kept.statsOf(stats.inode);
  return (
    known ?? state.misses.once('fstat', `${handle}`, call.ctx.signal, () => askOf(state, handle, call.ctx))
  );
}

/** A change through an open file. */
async function changingFile<K extends 'write' | 'copyRange' | 'fsetstat'>(
  state: State,
  call: Call<K>,
  handle: Handle,
  forgetContent: (inode: number) => void,
): Promise<OpResult<K>> {
  const stats = await statsOfFile(state, handle, call.ctx);
  if (stats === undefined) return state.next(call);
  // The one name of a directory is not known here.
  if (stats.type === 'directory') return unknown(state)(call);
  return changing(state, call, () => ({
    keys: [inodeKey(stats.inode)],
    named: [],
    forget(kept) {
      kept.forgetStats(stats.inode);
      forgetContent(stats.inode);
    },
  }));
}

function forgetWritten(kept: Kept, inode: number, { args: [, position, bytes] }: Call<'write'>): void {
  if (position === 'end') kept.forgetBlocks(inode);
  else kept.forgetBlocks(inode, position, position + bytes.length);
}

async function close(state: State, call: Call<'close'>): Promise<void> {
  const file = state.files.get(call.args[0]);
  state.files.delete(call.args[0]);
  try {
    await state.next(call);
  } finally {
    const stats = await file?.stats?.catch(() => undefined);
    if (stats !== undefined && (state.kept.statsOf(stats.inode)?.nlink ?? 0) === 0)
      forgetFile(state, stats.inode);
  }
}

/** The number of a file without a name may be used again: what is on its way about it is not kept either. */
function forgetFile({ kept, changes }: State, inode: number): void {
  kept.forgetStats(inode);
  kept.forgetBlocks(inode);
  changes.begin([inodeKey(inode)]);
  changes.end([inodeKey(inode)]);
}
