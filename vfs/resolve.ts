import type { CallContext, Resolution } from './backend.ts';
import { isVfsError, VfsError } from './errors.ts';
import type { Next } from './layer.ts';
import { checkNameLength, checkPathLength, join, ROOT, SYMLINK_HOPS_MAX, type VfsPath } from './path.ts';
import type { Stats } from './stats.ts';

/** What the walk asks of a storage, one at a time; `path` is canonical and names the same thing as the rest. */
type Question =
  | { readonly kind: 'child'; readonly directory: Stats; readonly name: string; readonly path: VfsPath }
  | { readonly kind: 'target'; readonly symlink: Stats; readonly path: VfsPath };

/** For `child` the attributes, absent where nothing has the name; for `target` the text. */
type Answer = Stats | string | undefined;

interface Place {
  readonly path: VfsPath;
  readonly stats: Stats;
}

/** Told of each directory before it is searched; what it throws ends the walk. */
export type SearchCheck = (directory: Stats) => void;

/**
 * The walk of `VfsOperations.resolve` (path_resolution(7)), as a generator that asks questions, so that one text
 * serves stores that answer at once and stacks that answer with promises.
 */
function* walk(
  path: VfsPath,
  last: 'follow' | 'keep',
  root: Stats,
  beforeSearch?: SearchCheck,
): Generator<Question, Resolution, Answer> {
  const searched: Stats[] = [];
  const places: Place[] = [{ path: ROOT, stats: root }];
  const todo = namesToWalk(path);
  let hops = 0;
  for (;;) {
    const here = places.at(-1) as Place;
    const name = todo.pop();
    if (name === undefined) return { path: here.path, stats: here.stats, searched };
    if (here.stats.type !== 'directory') throw new VfsError('ENOTDIR', { op: 'resolve', path });
    if (name === '' || name === '.') continue;
    beforeSearch?.(here.stats);
    searched.push(here.stats);
    if (name === '..') {
      if (places.length > 1) places.pop();
      continue;
    }
    checkNameLength(name, path, 'resolve');
    const child = join(here.path, name);
    const stats = (yield { kind: 'child', directory: here.stats, name, path: child }) as Stats | undefined;
    if (stats === undefined) return missing(path, child, todo, searched);
    const keep = stats.type !== 'symlink' || (todo.length === 0 && last === 'keep');
    if (keep) {
      places.push({ path: child, stats });
      continue;
    }
    if (++hops > SYMLINK_HOPS_MAX) throw new VfsError('ELOOP', { op: 'resolve', path });
    const target = (yield { kind: 'target', symlink: stats, path: child }) as string;
    if (target.startsWith('/')) places.length = 1;
    todo.push(...namesToWalk(target));
  }
}

/** The names of a path or of a link's target, the first one at the end. An empty last name stands for a trailing slash. */
function namesToWalk(path: string): string[] {
  return path.split('/').toReversed();
}

/** A name that does not exist is a result when it is the last one, and an error before that. */
function missing(
  path: VfsPath,
  child: VfsPath,
  todo: readonly string[],
  searched: readonly Stats[],
): Resolution {
  if (todo.some((name) => name !== '')) throw new VfsError('ENOENT', { op: 'resolve', path });
  checkPathLength(child, 'resolve');
  return { path: child, searched };
}

/** What a store that answers at once knows: entries by their directory's inode number. */
export interface DirectLookups {
  statInode(inode: number): Stats;
  child(directory: number, name: string): Stats | undefined;
  target(symlink: number): string;
}

/** `resolve` for a store that answers at once. */
export function resolveDirectly(
  store: DirectLookups,
  rootInode: number,
  path: VfsPath,
  last: 'follow' | 'keep',
): Resolution {
  const steps = walk(path, last, store.statInode(rootInode));
  let step = steps.next();
  while (step.done !== true) {
    const question = step.value;
    const answer =
      question.kind === 'child'
        ? store.child(question.directory.inode, question.name)
        : store.target(question.symlink.inode);
    step = steps.next(answer);
  }
  return step.value;
}

/** `resolve` by `lstat` and `readlink`, for backends that cannot do it by themselves. Not atomic: a race ends in `ELOOP`. */
export async function resolveByCalls(
  next: Next,
  path: VfsPath,
  last: 'follow' | 'keep',
  ctx: CallContext,
  beforeSearch?: SearchCheck,
): Promise<Resolution> {
  const steps = walk(path, last, await next({ op: 'lstat', args: [ROOT], ctx }), beforeSearch);
  let step = steps.next();
  while (step.done !== true) {
    step = steps.next(await answer(next, step.value, ctx));
  }
  return step.value;
}

/** `resolve` where no symlink is ever followed: one that would have to be is `ELOOP`. By calls, whatever is below. */
export function resolveWithoutSymlinks(
  next: Next,
  path: VfsPath,
  last: 'follow' | 'keep',
  ctx: CallContext,
): Promise<Resolution> {
  const refusing: Next = (call) =>
    call.op === 'readlink' ? Promise.reject(new VfsError('ELOOP', { op: 'resolve', path })) : next(call);
  return resolveByCalls(refusing, path, last, ctx);
}

async function answer(next: Next, question: Question, ctx: CallContext): Promise<Answer> {
  if (question.kind === 'target') return next({ op: 'readlink', args: [question.path], ctx });
  try {
    return await next({ op: 'lstat', args: [question.path], ctx });
  } catch (error) {
    if (isVfsError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
