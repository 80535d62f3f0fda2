import type { VfsBackend } from '../../backend.ts';
import { entriesOf } from '../../extensions/entries.ts';
import { join, nameOf, parentOf, ROOT, type VfsPath } from '../../path.ts';
import type { DirectoryEntry, FileType } from '../../stats.ts';
import { storeOf } from '../overlay.ts';
import { isPrivateName, ofUpper, type FoundInUpper } from './find.ts';
import { pathOfLower } from './inodes.ts';
import type { Origin } from './origins.ts';
import { PRIVATE, toUpper } from './places.ts';
import { unlessMissing, type Store } from './store.ts';

/** How a name of the overlay differs from the lower store. */
export interface Difference {
  /** `moved`: it is what the lower store calls `from`; its content may have changed too. */
  readonly kind: 'made' | 'changed' | 'moved' | 'removed';
  readonly path: VfsPath;
  readonly type: FileType;
  readonly from?: VfsPath | undefined;
}

/**
 * What an overlay would change in its lower store. A name that is another thing than before is `removed`, then `made`. What a
 * moved directory holds is told where it differs; of a file with several names that has changed one name is told. Cost: what the
 * upper store holds, and a look at the lower one for each name. What changes meanwhile is told as it then is, or not at all.
 */
export async function* diff(storage: VfsBackend): AsyncGenerator<Difference> {
  const store = storeOf(storage);
  yield* changedAttributes(store, ROOT, store.root);
  yield* merged(store, ROOT, ROOT);
  for (const origin of store.origins.all()) yield* ofHeld(store, origin);
}

/** Of a directory that is merged with `lower`. */
async function* merged(store: Store, path: VfsPath, lower: VfsPath): AsyncGenerator<Difference> {
  for await (const { name, stats } of userEntries(store, path)) {
    const child = join(path, name);
    const below = await unlessMissing(store.lower.lstat(join(lower, name), {}));
    const found = ofUpper(store, toUpper(child), stats);
    const isSame = below !== undefined && found?.origin?.lower === below.inode;
    if (below !== undefined && !isSame) yield { kind: 'removed', path: child, type: below.type };
    if (found !== undefined) yield* ofFound(store, child, found, isSame);
  }
}

async function* ofFound(
  store: Store,
  path: VfsPath,
  { stats: { type }, origin }: FoundInUpper,
  isSame: boolean,
): AsyncGenerator<Difference> {
  if (origin === undefined) yield* made(store, path, type);
  else if (!isSame) yield { kind: 'moved', path, type, from: origin.path };
  else yield* changedAttributes(store, path, origin);
  if (type === 'directory' && origin !== undefined) yield* merged(store, path, origin.path);
}

async function* made(store: Store, path: VfsPath, type: FileType): AsyncGenerator<Difference> {
  yield { kind: 'made', path, type };
  if (type !== 'directory') return;
  for await (const { name, stats } of userEntries(store, path)) {
    const child = join(path, name);
    const found = ofUpper(store, toUpper(child), stats);
    if (found !== undefined) yield* ofFound(store, child, found, false);
  }
}

/** Times of a directory move with its names, and tell nothing more. */
async function* changedAttributes(store: Store, path: VfsPath, origin: Origin): AsyncGenerator<Difference> {
  const now = await store.upper.lstat(toUpper(path), {});
  const before = await store.lower.lstat(origin.path, {});
  const isSame = now.mode === before.mode && now.uid === before.uid && now.gid === before.gid;
  if (!isSame) yield { kind: 'changed', path, type: now.type };
}

/** A copy that has no name of its own: the content or attributes of what the lower store has have changed. */
async function* ofHeld(store: Store, origin: Origin): AsyncGenerator<Difference> {
  if (origin.held.length === 0 || origin.times !== undefined) return;
  const path = await store.looking({}, () => pathOfLower(store, origin.path, origin.lower, {}));
  yield { kind: 'changed', path: path ?? origin.path, type: origin.type };
}

/** What the upper store has in a directory, whiteouts included, by the names that the user knows. */
export async function* userEntries(store: Store, path: VfsPath): AsyncGenerator<DirectoryEntry> {
  for await (const entry of entriesOf(store.upper, toUpper(path)))
    if (!isPrivateName(path, entry.name)) yield entry;
  if (path !== parentOf(PRIVATE)) return;
  const stats = await unlessMissing(store.upper.lstat(toUpper(PRIVATE), {}));
  if (stats !== undefined) yield { name: nameOf(PRIVATE), stats };
}
