import { ROOT_INODE, type CallContext } from '../../backend.ts';
import { ROOT } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import { entriesOf } from '../../extensions/entries.ts';
import { isPrivateName, lowerChild, type Found } from './find.ts';
import type { Origin } from './origins.ts';
import { PRIVATE, toUpper } from './places.ts';
import { unlessMissing, type Store } from './store.ts';

/** The numbers of the lower store are kept; what was made in the upper one is numbered from here. */
export const UPPER_INODES = 2 ** 52;

export function inodeOf(store: Store, found: Found): number {
  const { inode } = found.stats;
  return found.in === 'lower' ? inode : inodeInUpper(store, inode, found.origin);
}

function inodeInUpper(store: Store, inode: number, origin: Origin | undefined): number {
  if (inode === store.root.upper) return ROOT_INODE;
  return origin?.lower ?? UPPER_INODES + inode;
}

/** The attributes of what was found, as the overlay shows them. */
export function statsOf(store: Store, found: Found, ctx: CallContext): Promise<Stats> | Stats {
  if (found.in === 'lower') return statsInLower(found.stats);
  return statsInUpper(store, found.stats, found.origin, ctx);
}

export function statsInLower(stats: Stats): Stats {
  return stats;
}

export async function statsInUpper(
  store: Store,
  stats: Stats,
  origin: Origin | undefined,
  ctx: CallContext,
): Promise<Stats> {
  const inode = inodeInUpper(store, stats.inode, origin);
  if (origin === undefined) return { ...stats, inode };
  const shown = { ...stats, inode, ...origin.times };
  if (origin.type === 'directory') return { ...shown, nlink: await linksOf(store, stats, origin, ctx) };
  return origin.type === 'file' && origin.content === 'lower'
    ? { ...shown, used: stats.used + origin.used }
    : shown;
}

/** A directory's own two names and one for each subdirectory of both stores that is seen. */
async function linksOf(store: Store, upper: Stats, origin: Origin, ctx: CallContext): Promise<number> {
  const { nlink } = await store.lower.lstat(origin.path, ctx);
  const own = upper.nlink - (await privateLinks(store, origin));
  // A lower store that does not count says 1.
  if (nlink < 2) return nlink;
  origin.covered ??= await countCovered(store, origin, ctx);
  return own + nlink - 2 - origin.covered;
}

/** The root of the upper store has a subdirectory that is not the user's, and one less that is. */
async function privateLinks(store: Store, origin: Origin): Promise<number> {
  if (origin !== store.root) return 0;
  const own = await unlessMissing(store.upper.lstat(toUpper(PRIVATE), {}));
  return own?.type === 'directory' ? 0 : 1;
}

/** Subdirectories of the lower directory that something in the upper one covers. Cost: what the upper one holds. */
async function countCovered(store: Store, origin: Origin, ctx: CallContext): Promise<number> {
  const path = origin === store.root ? ROOT : await store.upper.inodeToPath(origin.upper, {});
  const directory = { path, inUpper: true, lower: origin.path, origin };
  let covered = 0;
  const count = async (name: string): Promise<void> => {
    const below = await lowerChild(store, directory, name, ctx);
    if (below?.stats.type === 'directory') covered++;
  };
  for await (const { name } of entriesOf(store.upper, path))
    if (!isPrivateName(path, name)) await count(name);
  const own = origin === store.root && (await unlessMissing(store.upper.lstat(toUpper(PRIVATE), {})));
  if (own) await count(PRIVATE.slice(1));
  return covered;
}

/** Names have been added to or taken from a directory, or an inode has been changed: the upper store's times count. */
export function touch(origin: Origin | undefined): void {
  if (origin !== undefined) origin.times = undefined;
}

/** A name that only the lower directory had is covered now; `type` is what it was. */
export function coverIn(origin: Origin | undefined, type: Stats['type']): void {
  if (origin?.covered !== undefined && type === 'directory') origin.covered++;
}
