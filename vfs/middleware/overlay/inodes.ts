import { ROOT_INODE, type CallContext } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { walk } from '../../extensions/walk.ts';
import { checkName, ROOT, type VfsPath } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import { childOf, directoryAt, findIfThere, type Found } from './find.ts';
import { statsOfNode } from './open-node.ts';
import type { Origin } from './origins.ts';
import { above, fromUpper, rebase } from './places.ts';
import { inodeOf, statsOf, UPPER_INODES } from './stats.ts';
import type { Store } from './store.ts';

export async function statInode(store: Store, inode: number, ctx: CallContext): Promise<Stats> {
  const open = store.nodes.get(inode);
  if (open !== undefined) return statsOfNode(store, open, ctx);
  const path = await inodeToPath(store, inode, ctx);
  const found = await findIfThere(store, path, ctx);
  if (found === undefined) throw new VfsError('ESTALE');
  return statsOf(store, found, ctx);
}

export async function lookup(
  store: Store,
  parentInode: number,
  name: string,
  ctx: CallContext,
): Promise<Stats> {
  const parent = await statInode(store, parentInode, ctx);
  if (parent.type !== 'directory') throw new VfsError('ENOTDIR');
  const text = checkName(name);
  if (parent.nlink === 0) throw new VfsError('ENOENT');
  const directory = await directoryAt(store, await inodeToPath(store, parentInode, ctx), ctx);
  const found = await childOf(store, directory, text, ctx);
  if (found === undefined) throw new VfsError('ENOENT');
  return statsOf(store, found, ctx);
}

/** One of the inode's paths. `ESTALE` for an inode that is gone or has no name left. */
export async function inodeToPath(store: Store, inode: number, ctx: CallContext): Promise<VfsPath> {
  if (inode === ROOT_INODE) return ROOT;
  if (inode > UPPER_INODES) return pathInUpper(store, inode - UPPER_INODES, inode, ctx);
  const origin = store.origins.ofLower(inode);
  const path = origin && (await pathOfOrigin(store, origin, ctx));
  if (path !== undefined) return path;
  const below = await store.lower.inodeToPath(inode, ctx);
  return (await pathOfLower(store, below, inode, ctx)) ?? (await search(store, inode, ctx));
}

async function pathInUpper(store: Store, upper: number, inode: number, ctx: CallContext): Promise<VfsPath> {
  const path = fromUpper(await store.upper.inodeToPath(upper, {}));
  if (path === undefined || (await inodeAt(store, path, ctx)) !== inode) throw new VfsError('ESTALE');
  return path;
}

/** Where a copy is called by a name of its own, or by one that the lower store still has for it. */
async function pathOfOrigin(store: Store, origin: Origin, ctx: CallContext): Promise<VfsPath | undefined> {
  const path = fromUpper(await store.upper.inodeToPath(origin.upper, {}));
  return path ?? pathOfLower(store, origin.path, origin.lower, ctx);
}

/**
 * Where the overlay shows what the lower store calls `path`: below the nearest directory above it that is in the upper
 * store. Undefined where it is not seen any more.
 */
export async function pathOfLower(
  store: Store,
  path: VfsPath,
  inode: number,
  ctx: CallContext,
): Promise<VfsPath | undefined> {
  for (const directory of above(path)) {
    const place = await placeOfLower(store, directory, ctx);
    if (place === undefined) continue;
    const shown = rebase(path, directory, place);
    return (await inodeAt(store, shown, ctx)) === inode ? shown : undefined;
  }
  return undefined;
}

/** Where a directory of the lower store is merged, if it is in the upper store. */
async function placeOfLower(store: Store, path: VfsPath, ctx: CallContext): Promise<VfsPath | undefined> {
  if (path === ROOT) return ROOT;
  const { inode } = await store.lower.lstat(path, ctx);
  const origin = store.origins.ofLower(inode);
  return origin && fromUpper(await store.upper.inodeToPath(origin.upper, {}));
}

async function inodeAt(store: Store, path: VfsPath, ctx: CallContext): Promise<number | undefined> {
  const found = await seen(findIfThere(store, path, ctx));
  return found && inodeOf(store, found);
}

/** Nothing where a directory on the way is not what it was. */
async function seen(found: Promise<Found | undefined>): Promise<Found | undefined> {
  try {
    return await found;
  } catch {
    return undefined;
  }
}

/**
 * A name that is still seen of a file that has several in the lower store, of which that tells one that is not. Cost: all
 * that the lower store holds.
 */
async function search(store: Store, inode: number, ctx: CallContext): Promise<VfsPath> {
  const { nlink, type } = await store.lower.statInode(inode, ctx);
  if (nlink > 1 && type !== 'directory') {
    for await (const { path, stats } of walk(store.lower, ROOT, {}, ctx)) {
      const shown = stats.inode === inode ? await pathOfLower(store, path, inode, ctx) : undefined;
      if (shown !== undefined) return shown;
    }
  }
  throw new VfsError('ESTALE');
}
