import type { Handle, VfsBackend } from '../../backend.ts';
import { CHUNK_SIZE } from '../../backends/shared/index.ts';
import { VfsError } from '../../errors.ts';
import { copyTree } from '../../extensions/copy-tree.ts';
import { removeTree } from '../../extensions/remove-tree.ts';
import { join, ROOT, type VfsPath } from '../../path.ts';
import type { Stats, StatsChange } from '../../stats.ts';
import { storeOf } from '../overlay.ts';
import { bringWhole } from './bring-whole.ts';
import { userEntries } from './diff.ts';
import { ofUpper, type FoundInUpper } from './find.ts';
import { inodeToPath } from './inodes.ts';
import { heldPath, type Origin } from './origins.ts';
import { toUpper } from './places.ts';
import { unlessMissing, type Store } from './store.ts';

const DRAFT_MODE = 0o700;
const PIECE = 8 * CHUNK_SIZE;

/** An overlay whose files are all closed, with everybody else waiting. `EBUSY` where something is open. */
export function whileClosed(storage: VfsBackend, run: (store: Store) => Promise<void>): Promise<void> {
  const store = storeOf(storage);
  return store.changing({}, async () => {
    if (store.nodes.size > 0) throw new VfsError('EBUSY', { detail: 'files of the overlay are open' });
    try {
      await run(store);
    } finally {
      store.forgetDirectories();
      for (const origin of [...store.origins.all(), store.root]) origin.covered = undefined;
      store.accounts.begin(store.origins.size);
    }
  });
}

/**
 * Changes the lower store into what the overlay shows, and empties the upper one. `EBUSY` while files are open; calls of
 * others wait.
 *
 * Each file is put into its place in one step, then leaves the upper store, and no step changes what the overlay shows but for the
 * times of directories: after a failure, or the end of the process, it shows the same, and another `commit` does the rest (a file `.anyfs-draft-…` may be left in the lower store). A file of the lower store with
 * several names is written where it is, so that they stay names of one file; names of one file that one commit and the next
 * have put there are files of their own. What was moved is copied. Afterwards numbers of inodes may be others, and ctimes
 * are those of the commit.
 */
export function commit(storage: VfsBackend): Promise<void> {
  return whileClosed(storage, async (store) => {
    const root = await store.upper.lstat(ROOT, {});
    await bringWhole(store);
    const names: Names = new Map();
    for (const origin of store.origins.all())
      if (origin.held.length > 0) await pushHeld(store, origin, names);
    await pushEntries(store, ROOT, names);
    await store.lower.setstat(ROOT, keptOf(root), {});
    for (const origin of store.origins.all()) await letGo(store, origin);
  });
}

/** What the lower store calls the files that it has got, by their numbers in the upper store. */
type Names = Map<number, VfsPath>;

/** A copy that stands for names of the lower store: those become what it is. */
async function pushHeld(store: Store, origin: Origin, names: Names): Promise<void> {
  const held = heldPath(origin, origin.held.at(-1) as number);
  const stats = await store.upper.lstat(held, {});
  const path = await inodeToPath(store, origin.lower, {});
  const isReplaced = origin.content === 'upper' && origin.type === 'file';
  if (isReplaced && stats.nlink === 1) await copyTree(store.upper, held, store.lower, path, { owners: true });
  else {
    if (isReplaced) await overwrite(store, held, path);
    await store.lower.setstat(path, keptOf(stats), {});
  }
  names.set(origin.upper, path);
  if (stats.nlink === origin.held.length) await letGo(store, origin);
}

/** Nothing of it is needed any more. */
async function letGo(store: Store, origin: Origin): Promise<void> {
  await store.origins.remove(origin);
  for (const number of origin.held.splice(0)) await store.upper.unlink(heldPath(origin, number), {});
}

async function overwrite(store: Store, from: VfsPath, to: VfsPath): Promise<void> {
  const source = await store.upper.open(from, { access: 'r' }, 0, {});
  const target = await store.lower.open(to, { access: 'w', truncate: true }, 0, {});
  try {
    await copyBytes(store, source, target);
  } finally {
    await store.upper.close(source, {});
    await store.lower.close(target, {});
  }
}

async function copyBytes(store: Store, source: Handle, target: Handle): Promise<void> {
  for (let position = 0; ;) {
    const bytes = await store.upper.read(source, position, PIECE, {});
    await store.lower.write(target, position, bytes, {});
    position += bytes.length;
    if (bytes.length < PIECE) return;
  }
}

/** What the upper store has in a directory that the lower one has by the same path. */
async function pushEntries(store: Store, directory: VfsPath, names: Names): Promise<void> {
  for await (const { name, stats } of userEntries(store, directory)) {
    const path = join(directory, name);
    const found = ofUpper(store, toUpper(path), stats);
    if (found === undefined) await pushRemoval(store, path);
    else if (stats.type === 'directory') await pushDirectory(store, path, found, names);
    else await pushFile(store, path, found, names);
  }
}

async function pushRemoval(store: Store, path: VfsPath): Promise<void> {
  const below = await unlessMissing(store.lower.lstat(path, {}));
  if (below !== undefined) await removeTree(store.lower, path);
  await store.upper.unlink(toUpper(path), {});
}

async function pushDirectory(
  store: Store,
  path: VfsPath,
  { stats, place, origin }: FoundInUpper,
  names: Names,
): Promise<void> {
  const merged = origin ?? (await mergeWithNew(store, path, stats));
  await pushEntries(store, path, names);
  await store.lower.setstat(path, keptOf(stats), {});
  await store.upper.rmdir(place, {});
  await store.origins.remove(merged);
}

/** Has the directory in the lower store, empty, and merges the one of the upper store with it. */
async function mergeWithNew(store: Store, path: VfsPath, { inode }: Stats): Promise<Origin> {
  const below = await unlessMissing(store.lower.lstat(path, {}));
  if (below !== undefined) await removeTree(store.lower, path);
  await store.lower.mkdir(path, DRAFT_MODE, {});
  const { inode: lower } = await store.lower.lstat(path, {});
  const origin: Origin = {
    upper: inode,
    lower,
    type: 'directory',
    path,
    content: 'upper',
    held: [],
    used: 0,
  };
  await store.origins.add(origin);
  return origin;
}

async function pushFile(
  store: Store,
  path: VfsPath,
  { stats, place }: FoundInUpper,
  names: Names,
): Promise<void> {
  const below = await unlessMissing(store.lower.lstat(path, {}));
  const first = names.get(stats.inode);
  // Covered by what is in the upper store, so that nobody sees it go.
  if (below?.type === 'directory' || (below !== undefined && first !== undefined))
    await removeTree(store.lower, path);
  if (first === undefined) await copyTree(store.upper, place, store.lower, path, { owners: true });
  else await store.lower.link(first, path, {});
  names.set(stats.inode, path);
  await store.upper.unlink(place, {});
}

/** The mode of a symlink means nothing and cannot be set. */
function keptOf({ type, mode, uid, gid, atime, mtime }: Stats): StatsChange {
  const kept = { uid, gid, atime, mtime };
  return type === 'symlink' ? kept : { ...kept, mode };
}
