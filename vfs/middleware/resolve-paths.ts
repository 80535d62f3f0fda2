import type { OpName, Resolution } from '../backend.ts';
import { isVfsError } from '../errors.ts';
import { override, type Call, type Layer, type Next, type OpResult } from '../layer.ts';
import { followsLast, pathsOf, withPaths } from '../ops.ts';
import { isCanonical, unresolved, type VfsPath } from '../path.ts';
import { resolveWithoutSymlinks } from '../resolve.ts';
import { checkSlashes, withoutSlash } from './resolve-paths/trailing-slash.ts';
import { asErrorOf } from './shared/naming-errors.ts';

/** A program that keeps swapping links under a call makes it start over this often before `ELOOP` stands. */
const ATTEMPTS = 8;

/** Operations to which a backend answers `ELOOP` where the last component is a symlink: trying them as they are is safe. */
const REFUSE_SYMLINKS: ReadonlySet<OpName> = new Set(['open', 'readdir']);

export interface ResolvePathsOptions {
  /** `false`: symlinks can be read, and are never followed: `ELOOP` (elsewhere known as `setFollowSymlinks(false)`). Default: true. */
  readonly followSymlinks?: boolean | undefined;
}

/**
 * Takes paths as people write them and hands canonical ones down, symlinks walked.
 *
 * A slash behind a name that is made, moved or removed is what it is to Linux: `rmdir('link/')` does not remove what the
 * link leads to.
 *
 * Promises: no call below it has a path that goes through a symlink, so no policy below it can be walked around.
 * Cost: nothing for a path without symlinks, which is tried as it is, since a backend refuses a symlink on the way;
 * otherwise one `resolve` for each path. Without `followSymlinks`, a path that is not canonical costs an `lstat` for
 * each component. Concurrency: a link swapped in between is refused below and walked again.
 */
export function resolvePaths({ followSymlinks = true }: ResolvePathsOptions = {}): Layer {
  return (next) => {
    const below = followSymlinks ? next : withoutFollowing(next);
    return (call) => {
      if (call.op === 'resolve') return checkedResolve(below, call);
      const named = pathsOf(call);
      if (named.length === 0) return below(call);
      return resolved(below, call, named);
    };
  };
}

/** Answers `resolve` by a walk that ends with `ELOOP` at the first symlink that it would have to follow. */
function withoutFollowing(next: Next): Next {
  const resolve = ({ args: [path, last], ctx }: Call<'resolve'>): Promise<Resolution> =>
    resolveWithoutSymlinks(next, path, last, ctx);
  return override(() => ({ resolve }))(next);
}

/** Asynchronous, so that a path that is refused rejects, as every operation does. */
async function checkedResolve<K extends OpName>(next: Next, call: Call<K>): Promise<OpResult<K>> {
  const paths = pathsOf(call).map((path) => unresolved(path, 'resolve'));
  return next(withPaths(call, paths));
}

async function resolved<K extends OpName>(
  next: Next,
  call: Call<K>,
  named: readonly VfsPath[],
): Promise<OpResult<K>> {
  const paths = named.map((path) => unresolved(path, call.op));
  const follows = followsLast(call);
  // Otherwise only walking can tell.
  const isTold = !follows || call.op === 'lstat' || REFUSE_SYMLINKS.has(call.op);
  if (!isTold || !paths.every(isCanonical)) return walked(next, call, paths, undefined);
  let failure: unknown;
  try {
    // The same bytes can be written as more than one text; layers below compare texts.
    const result = await next(withPaths(call, paths));
    const isLink = call.op === 'lstat' && (result as OpResult<'lstat'>).type === 'symlink';
    if (!follows || !isLink) return result;
  } catch (error) {
    if (!couldComeFromSymlink(error)) throw error;
    failure = error;
  }
  return walked(next, call, paths, failure);
}

/** A symlink is refused with `ELOOP`; a policy may refuse the path as written though it allows where the link leads. */
function couldComeFromSymlink(error: unknown): boolean {
  return isVfsError(error, 'ELOOP') || isVfsError(error, 'EACCES');
}

async function walked<K extends OpName>(
  next: Next,
  call: Call<K>,
  paths: readonly VfsPath[],
  firstFailure: unknown,
): Promise<OpResult<K>> {
  const last = followsLast(call) ? 'follow' : 'keep';
  let failure = firstFailure;
  let tried = failure === undefined ? undefined : paths;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found: Resolution[] = [];
    for (const [index, path] of paths.entries())
      found.push(await walk(next, call, withoutSlash(call.op, index, path), last));
    checkSlashes(call.op, paths, found);
    const targets = found.map((resolution) => resolution.path);
    if (tried !== undefined && sameTexts(tried, targets)) throw failure;
    try {
      return await next(withPaths(call, targets));
    } catch (error) {
      if (!isVfsError(error, 'ELOOP')) throw error;
      failure = error;
      tried = targets;
    }
  }
  throw failure;
}

/** What it fails with names the operation that the walk is for. */
async function walk<K extends OpName>(
  next: Next,
  call: Call<K>,
  path: VfsPath,
  last: 'follow' | 'keep',
): Promise<Resolution> {
  try {
    return await next({ op: 'resolve', args: [path, last], ctx: call.ctx });
  } catch (error) {
    throw asErrorOf(call, error);
  }
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.every((text, index) => text === b[index]);
}
