import type { CallContext } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { join, nameOf, parentOf, ROOT, type VfsPath } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import { heldPath, type Origin } from './origins.ts';
import { reservedName, toUpper } from './places.ts';
import { unlessMissing, type Store } from './store.ts';

/** Where a directory is: in the upper store, in the lower one, or in both and then merged. */
export interface Directory {
  readonly path: VfsPath;
  /** The upper store has it at `toUpper(path)`. */
  readonly inUpper: boolean;
  /** What the lower store calls it; undefined where nothing of the lower one is seen in it. */
  readonly lower: VfsPath | undefined;
  /** Of a directory that is in both. */
  readonly origin: Origin | undefined;
}

/** What a name leads to. `stats` are those of the store that has it, as they are. */
export type Found =
  | {
      readonly in: 'upper';
      readonly place: VfsPath;
      readonly stats: Stats;
      readonly origin: Origin | undefined;
      /** True where `place` is one of the names that stand for one in the lower store. */
      readonly isHeld: boolean;
    }
  | { readonly in: 'lower'; readonly place: VfsPath; readonly stats: Stats };

export type FoundInUpper = Found & { readonly in: 'upper' };
export type FoundInLower = Found & { readonly in: 'lower' };

/** The directory of a path. `ENOENT`, `ENOTDIR`, `ELOOP`. */
export async function directoryAt(store: Store, path: VfsPath, ctx: CallContext): Promise<Directory> {
  const known = store.knownDirectory(path);
  if (known !== undefined) return known;
  const found = await find(store, path, ctx);
  return store.remember(asDirectory(path, found));
}

function asDirectory(path: VfsPath, found: Found): Directory {
  const { type } = found.stats;
  if (type !== 'directory') throw new VfsError(type === 'symlink' ? 'ELOOP' : 'ENOTDIR');
  if (found.in === 'lower') return { path, inUpper: false, lower: found.place, origin: undefined };
  return { path, inUpper: true, lower: found.origin?.path, origin: found.origin };
}

/** What has the path. `ENOENT`, `ENOTDIR`, `ELOOP`. */
export async function find(store: Store, path: VfsPath, ctx: CallContext): Promise<Found> {
  const found = await findIfThere(store, path, ctx);
  if (found === undefined) throw new VfsError('ENOENT');
  return found;
}

/** What has the path, if anything; the directories above it must be there. */
export async function findIfThere(store: Store, path: VfsPath, ctx: CallContext): Promise<Found | undefined> {
  if (path === ROOT) {
    const stats = await store.upper.lstat(ROOT, {});
    return { in: 'upper', place: ROOT, stats, origin: store.root, isHeld: false };
  }
  const parent = await directoryAt(store, parentOf(path), ctx);
  return childOf(store, parent, nameOf(path), ctx);
}

/** What has the name in a directory, if anything. */
export async function childOf(
  store: Store,
  directory: Directory,
  name: string,
  ctx: CallContext,
): Promise<Found | undefined> {
  const place = toUpper(join(directory.path, name));
  if (directory.inUpper) {
    const stats = await unlessMissing(store.upper.lstat(place, {}));
    if (stats !== undefined) return ofUpper(store, place, stats);
  }
  const lower = await lowerChild(store, directory, name, ctx);
  return lower === undefined ? undefined : ofLower(store, lower.place, lower.stats);
}

/** What the lower store has by the name, covered or not. */
export async function lowerChild(
  store: Store,
  directory: Directory,
  name: string,
  ctx: CallContext,
): Promise<{ readonly place: VfsPath; readonly stats: Stats } | undefined> {
  if (directory.lower === undefined) return undefined;
  const place = join(directory.lower, name);
  const stats = await unlessMissing(store.lower.lstat(place, ctx));
  return stats === undefined ? undefined : { place, stats };
}

/** An entry of the upper store; undefined for a whiteout. */
export function ofUpper(store: Store, place: VfsPath, stats: Stats): FoundInUpper | undefined {
  if (store.isWhiteout(stats.inode)) return undefined;
  return { in: 'upper', place, stats, origin: store.origins.ofUpper(stats.inode), isHeld: false };
}

/** An entry of the lower store that nothing covers: itself, or the copy that stands for it. */
export async function ofLower(store: Store, place: VfsPath, stats: Stats): Promise<Found> {
  const origin = stats.type === 'directory' ? undefined : store.origins.ofLower(stats.inode);
  const number = origin?.held.at(-1);
  if (origin === undefined || number === undefined) return { in: 'lower', place, stats };
  const held = heldPath(origin, number);
  return { in: 'upper', place: held, stats: await store.upper.lstat(held, {}), origin, isHeld: true };
}

/** True where the upper store has something by the name, be it a whiteout. */
export async function isCoveredBy(
  store: Store,
  directory: Directory,
  name: string,
): Promise<'nothing' | 'whiteout' | 'entry'> {
  if (!directory.inUpper) return 'nothing';
  const stats = await unlessMissing(store.upper.lstat(toUpper(join(directory.path, name)), {}));
  if (stats === undefined) return 'nothing';
  return store.isWhiteout(stats.inode) ? 'whiteout' : 'entry';
}

/** The name by which the upper store has an entry of a directory, as the user calls it; undefined for what is not the user's. */
export function isPrivateName(directory: VfsPath, name: string): boolean {
  return directory === ROOT && name === reservedName;
}
