import { join, nameOf, type VfsPath } from '../../path.ts';
import { copyAll, copyUp, inUpper } from './copy-up.ts';
import { directoryAt, find, type Found, type FoundInUpper } from './find.ts';
import { list } from './list.ts';
import { closeNode, nodeOf } from './open-node.ts';
import type { Origin } from './origins.ts';
import { fromUpper, toUpper } from './places.ts';
import type { Store } from './store.ts';

/**
 * Has all that was moved, and is still partly in the lower store under its old name, in the upper one, so that it needs
 * the old place no more. Nothing of this can be seen but in the numbers of inodes. Under the lock alone.
 */
export async function bringWhole(store: Store): Promise<void> {
  for (const origin of store.origins.all()) {
    const path = await placedAt(store, origin);
    if (path === undefined) continue;
    if (origin.type !== 'directory') await bringFile(store, path);
    else if (path !== origin.path) await bringDirectory(store, path);
  }
}

/** Where the user sees a copy by a name of its own; undefined for what only stands for names of the lower store. */
async function placedAt(store: Store, origin: Origin): Promise<VfsPath | undefined> {
  // May have been brought along with a directory.
  if (store.origins.ofUpper(origin.upper) === undefined) return undefined;
  return fromUpper(await store.upper.inodeToPath(origin.upper, {}));
}

async function bringDirectory(store: Store, path: VfsPath): Promise<void> {
  const directory = await inUpper(store, await directoryAt(store, path, {}), {});
  for await (const { name, found } of list(store, directory)) {
    const child = join(path, name);
    if (found.stats.type === 'directory') await bringDirectory(store, child);
    else await bringName(store, child, found);
  }
  if (directory.origin !== undefined) await store.origins.remove(directory.origin);
  store.forgetDirectories();
}

/** A file or symlink gets a name in the upper store. */
async function bringName(store: Store, path: VfsPath, found: Found): Promise<void> {
  const copy = found.in === 'upper' ? found : await copyUp(store, found, {});
  if (copy.isHeld) {
    const above = toUpper(path).slice(0, -nameOf(path).length - 1) as VfsPath;
    const { mtime } = await store.upper.lstat(above, {});
    await store.upper.rename(copy.place, toUpper(path), { replace: false }, {});
    await store.upper.setstat(above, { mtime }, {});
    copy.origin?.held.pop();
  }
  await bringFile(store, path);
}

async function bringFile(store: Store, path: VfsPath): Promise<void> {
  const found = (await find(store, path, {})) as FoundInUpper;
  const { origin } = found;
  if (origin === undefined) return;
  if (origin.content === 'lower') await bringContent(store, found, origin);
  if (origin.held.length === 0) await store.origins.remove(origin);
}

/** The bytes of a copy, from where the lower store has them. */
export async function bringContent(store: Store, found: FoundInUpper, origin: Origin): Promise<void> {
  const node = await nodeOf(store, found, {});
  node.handles++;
  try {
    await copyAll(store, node, origin, {});
  } finally {
    await closeNode(store, node, {});
  }
}
