import type { CallContext } from '../../backend.ts';
import { isVfsError, type VfsErrorCode } from '../../errors.ts';
import type { Call, OpResult } from '../../layer.ts';
import { parentOf, type VfsPath } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import { EVERYTHING } from './changes.ts';
import { inodeKey, nameKey } from './kept.ts';
import { changing, statsAt, type Change, type State } from './state.ts';

/** What says that nothing is there, or nothing that may be seen. A change meets the same, and tells. */
const REFUSALS: ReadonlySet<VfsErrorCode> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'EACCES',
  'EPERM',
  'EINVAL',
  'ENAMETOOLONG',
]);

/** What stands at a path before a change of it. Where nobody can say (`EIO`), nothing is changed; no signal ends the wait. */
async function before(
  state: State,
  path: VfsPath,
  { signal: _signal, ...ctx }: CallContext,
): Promise<Stats | undefined> {
  try {
    return await statsAt(state, path, ctx);
  } catch (error) {
    if (isVfsError(error) && REFUSALS.has(error.code)) return undefined;
    throw error;
  }
}

/** A change of names, of the directories that they are in, and of the inodes that had them. */
function changeOf(
  paths: readonly VfsPath[],
  inodes: readonly (Stats | undefined)[],
  makes?: VfsPath,
): Change {
  const names = paths.flatMap((path) => [path, parentOf(path)]);
  const numbers = inodes.filter((stats) => stats !== undefined).map(({ inode }) => inode);
  return {
    keys: [...names.map(nameKey), ...numbers.map(inodeKey)],
    named: paths.map(nameKey),
    forget(kept) {
      for (const name of names) kept.forgetName(name);
      for (const number of numbers) kept.forgetStats(number);
      if (makes !== undefined) kept.forgetMissingBelow(makes);
    },
  };
}

/** The same, with the content of what is at the name. */
function withContent({ forget, ...change }: Change, stats: Stats | undefined): Change {
  return {
    ...change,
    forget(kept) {
      forget(kept);
      if (stats !== undefined) kept.forgetBlocks(stats.inode);
    },
  };
}

/** A directory takes all names below along. */
function withEverything({ forget, keys, named }: Change): Change {
  return {
    keys: [...keys, EVERYTHING],
    named,
    forget(kept) {
      forget(kept);
      kept.forgetNames();
    },
  };
}

/** `mkdir` and `symlink`: nothing had the name. */
export function making<K extends 'mkdir' | 'symlink'>(
  state: State,
  call: Call<K>,
  path: VfsPath,
): Promise<OpResult<K>> {
  return changing(state, call, () => changeOf([path], [], path));
}

/** `unlink` and `rmdir`: a number may be used again where the storage does so. */
export function removing<K extends 'unlink' | 'rmdir'>(
  state: State,
  call: Call<K>,
  path: VfsPath,
): Promise<OpResult<K>> {
  return changing(state, call, async () => {
    const stats = await before(state, path, call.ctx);
    return withContent(changeOf([path], [stats]), stats);
  });
}

export function linking(state: State, call: Call<'link'>): Promise<void> {
  const [from, to] = call.args;
  return changing(state, call, async () => {
    const change = changeOf([to], [await before(state, from, call.ctx)], to);
    return { ...change, named: [nameKey(from), nameKey(to)] };
  });
}

export function renaming(state: State, call: Call<'rename'>): Promise<void> {
  const [from, to] = call.args;
  return changing(state, call, async () => {
    const [source, target] = [await before(state, from, call.ctx), await before(state, to, call.ctx)];
    const change = withContent(changeOf([from, to], [source, target], to), target);
    const mayTakeAlong = source === undefined || source.type === 'directory';
    return mayTakeAlong ? withEverything(change) : change;
  });
}

/** A change of what stands at a path; with its size, of the content too. */
export function changingAt<K extends 'setstat' | 'setxattr' | 'removexattr'>(
  state: State,
  call: Call<K>,
  path: VfsPath,
  hasSize = false,
): Promise<OpResult<K>> {
  return changing(state, call, async () => {
    const stats = await before(state, path, call.ctx);
    const change: Change = {
      keys: [nameKey(path), ...(stats === undefined ? [] : [inodeKey(stats.inode)])],
      named: [nameKey(path)],
      forget(kept) {
        kept.forgetAttributes(path);
        if (stats !== undefined) kept.forgetStats(stats.inode);
      },
    };
    return hasSize ? withContent(change, stats) : change;
  });
}

/** An `open` that may make a file, or cuts the one that is there. */
export function opening(state: State, call: Call<'open'>): Promise<OpResult<'open'>> {
  const [path, { create, truncate }] = call.args;
  if (create === undefined && truncate !== true) return state.next(call);
  return changing(state, call, async () => {
    const stats = truncate === true ? await before(state, path, call.ctx) : undefined;
    return withContent(changeOf([path], [stats], path), stats);
  });
}
