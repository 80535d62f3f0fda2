import type { CallContext, Resolution } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { Next } from '../../layer.ts';
import type { VfsPath } from '../../path.ts';
import { resolveByCalls } from '../../resolve.ts';
import type { Stats } from '../../stats.ts';
import { mayAccess, SEARCH, type Identity } from './identity.ts';

/** `resolve` with search permission for every directory on the way. */
export async function resolvePermitted(
  identity: Identity,
  next: Next,
  path: VfsPath,
  last: 'follow' | 'keep',
  ctx: CallContext,
): Promise<Resolution> {
  const requireSearch = (directory: Stats): void => {
    if (!mayAccess(identity, directory, SEARCH)) throw new VfsError('EACCES', { path });
  };
  let found: Resolution;
  try {
    found = await next({ op: 'resolve', args: [path, last], ctx });
  } catch {
    // The failure may tell of a directory that must not be searched: walk again, and stop there.
    return resolveByCalls(next, path, last, ctx, requireSearch);
  }
  found.searched.forEach(requireSearch);
  return found;
}

/** What was found at a path. */
export interface Found {
  /** Absent where nothing has the name. */
  readonly stats: Stats | undefined;
  /** The directory that holds the name; for the root, itself. */
  readonly directory: Stats;
}

/** What has a canonical path, if anything; a symlink in a component before the last is `ELOOP`. */
export async function look(identity: Identity, next: Next, path: VfsPath, ctx: CallContext): Promise<Found> {
  const found = await resolvePermitted(identity, next, path, 'keep', ctx);
  if (found.path !== path) throw new VfsError('ELOOP', { path });
  // Only the root is found without a search.
  return { stats: found.stats, directory: (found.searched.at(-1) ?? found.stats) as Stats };
}

/** As `look`, with `ENOENT` where nothing has the name. */
export async function lookAt(
  identity: Identity,
  next: Next,
  path: VfsPath,
  ctx: CallContext,
): Promise<Found & { readonly stats: Stats }> {
  const { stats, directory } = await look(identity, next, path, ctx);
  if (stats === undefined) throw new VfsError('ENOENT', { path });
  return { stats, directory };
}
