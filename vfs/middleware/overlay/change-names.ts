import type { CallContext, RenameOptions } from '../../backend.ts';
import { checkMode, checkRenamePaths, checkTarget, renameCase } from '../../backends/shared/index.ts';
import { VfsError } from '../../errors.ts';
import { entriesOf } from '../../extensions/entries.ts';
import { join, nameOf, parentOf, ROOT, type VfsPath } from '../../path.ts';
import { copyUp, inUpper } from './copy-up.ts';
import {
  directoryAt,
  find,
  findIfThere,
  childOf,
  isCoveredBy,
  lowerChild,
  type Directory,
  type Found,
  type FoundInUpper,
} from './find.ts';
import { isEmpty } from './list.ts';
import { settle } from './open-node.ts';
import { PRIVATE, toUpper, WHITEOUT } from './places.ts';
import { coverIn, inodeOf, touch } from './stats.ts';
import { together, type Store } from './store.ts';

/** The directory that holds `path`, in the upper store. */
async function parentInUpper(store: Store, path: VfsPath, ctx: CallContext): Promise<Directory> {
  return inUpper(store, await directoryAt(store, parentOf(path), ctx), ctx);
}

async function checkIsNew(store: Store, path: VfsPath, ctx: CallContext): Promise<void> {
  if ((await findIfThere(store, path, ctx)) !== undefined) throw new VfsError('EEXIST', { path });
}

/**
 * Makes what has no name yet. Where a whiteout has the name, it is made elsewhere first, so that a refusal leaves the
 * whiteout.
 */
export async function putNew<T>(
  store: Store,
  path: VfsPath,
  what: 'directory' | 'other',
  make: (place: VfsPath) => Promise<T>,
  ctx: CallContext,
): Promise<T> {
  const parent = await parentInUpper(store, path, ctx);
  const place = toUpper(path);
  const isFree = (await isCoveredBy(store, parent, nameOf(path))) === 'nothing';
  const made = isFree ? await make(place) : await putOver(store, place, what, make);
  await namesChanged(store, path, parent);
  return made;
}

async function putOver<T>(
  store: Store,
  place: VfsPath,
  what: 'directory' | 'other',
  make: (place: VfsPath) => Promise<T>,
): Promise<T> {
  const draft = store.work();
  const made = await make(draft);
  await together(
    what === 'directory' && store.upper.unlink(place, {}),
    store.upper.rename(draft, place, { replace: true }, {}),
  );
  return made;
}

/** The times of the directory are those that the upper store gave it. */
async function namesChanged(store: Store, path: VfsPath, parent: Directory): Promise<void> {
  touch(parent.origin);
  if (path !== PRIVATE) return;
  // What has this name is kept in a directory of our own, and not in the root.
  const { mtime } = await store.upper.lstat(PRIVATE, {});
  await store.upper.setstat(ROOT, { mtime }, {});
}

export async function mkdir(store: Store, path: VfsPath, mode: number, ctx: CallContext): Promise<void> {
  await checkIsNew(store, path, ctx);
  const bits = checkMode(mode);
  const within = await store.accounts.within(ctx);
  await putNew(store, path, 'directory', (place) => store.upper.mkdir(place, bits, within), ctx);
}

export async function symlink(store: Store, target: string, path: VfsPath, ctx: CallContext): Promise<void> {
  const text = checkTarget(target);
  await checkIsNew(store, path, ctx);
  const within = await store.accounts.within(ctx);
  await putNew(store, path, 'other', (place) => store.upper.symlink(text, place, within), ctx);
}

export async function link(store: Store, from: VfsPath, to: VfsPath, ctx: CallContext): Promise<void> {
  const source = await find(store, from, ctx);
  if (source.stats.type === 'directory') throw new VfsError('EPERM', { path: from });
  await checkIsNew(store, to, ctx);
  const copied = source.in === 'upper' ? source : await copyUp(store, source, ctx);
  await putNew(store, to, 'other', (place) => store.upper.link(copied.place, place, {}), ctx);
  touch(copied.origin);
}

export async function unlink(store: Store, path: VfsPath, ctx: CallContext): Promise<void> {
  const found = await find(store, path, ctx);
  if (found.stats.type === 'directory') throw new VfsError('EISDIR');
  const parent = await parentInUpper(store, path, ctx);
  const going = await readyToGo(store, found, ctx);
  const isInLower = await isSeenBelow(store, parent, path, ctx);
  await together(
    going.in === 'upper' && store.upper.unlink(going.place, {}),
    isInLower && whiteout(store, path),
  );
  await gone(store, going);
  await namesChanged(store, path, parent);
}

export async function rmdir(store: Store, path: VfsPath, ctx: CallContext): Promise<void> {
  if (path === ROOT) throw new VfsError('EBUSY');
  const found = await find(store, path, ctx);
  if (found.stats.type !== 'directory') throw new VfsError('ENOTDIR');
  if (!(await isEmpty(store, path, ctx))) throw new VfsError('ENOTEMPTY');
  const parent = await parentInUpper(store, path, ctx);
  const going = await directoryReadyToGo(store, path, found, ctx);
  const isInLower = await isSeenBelow(store, parent, path, ctx);
  await together(
    going.in === 'upper' && store.upper.rmdir(going.place, {}),
    isInLower && whiteout(store, path),
  );
  if (going.in === 'lower') coverIn(parent.origin, 'directory');
  await gone(store, going);
  store.forgetDirectories();
  await namesChanged(store, path, parent);
}

/** True where the lower store has the name, so that a whiteout must cover it. */
async function isSeenBelow(
  store: Store,
  parent: Directory,
  path: VfsPath,
  ctx: CallContext,
): Promise<boolean> {
  return (await lowerChild(store, parent, nameOf(path), ctx)) !== undefined;
}

function whiteout(store: Store, path: VfsPath): Promise<void> {
  return store.upper.link(WHITEOUT, toUpper(path), {});
}

/** A file or symlink that loses a name. What is open, or has more names, goes on as an inode of the upper store. */
async function readyToGo(store: Store, found: Found, ctx: CallContext): Promise<Found> {
  if (found.in === 'upper') return found;
  const goesOn = found.stats.nlink > 1 || store.nodes.has(found.stats.inode);
  return goesOn ? copyUp(store, found, ctx) : found;
}

/** An empty directory that is to go: nothing of the lower one is seen in it any more, and no whiteout is left. */
async function directoryReadyToGo(
  store: Store,
  path: VfsPath,
  found: Found,
  ctx: CallContext,
): Promise<Found> {
  if (found.in === 'lower' && !store.nodes.has(found.stats.inode)) return found;
  await inUpper(store, await directoryAt(store, path, ctx), ctx);
  const going = (await find(store, path, ctx)) as FoundInUpper;
  const { place, origin, stats } = going;
  // From here on a crash leaves an empty directory.
  if (origin !== undefined) await store.origins.remove(origin);
  for await (const { name } of entriesOf(store.upper, place)) await store.upper.unlink(join(place, name), {});
  await store.upper.setstat(place, { mtime: stats.mtime }, {});
  return going;
}

/** A name of it is gone, and with the last one the inode, unless it is open. */
async function gone(store: Store, found: Found): Promise<void> {
  if (found.in === 'lower') {
    store.accounts.lose({ inodes: 1, used: found.stats.used });
    return;
  }
  const { origin, stats } = found;
  touch(origin);
  if (found.isHeld) origin?.held.pop();
  if (stats.type !== 'directory' && stats.nlink > 1) return;
  const node = store.nodes.get(inodeOf(store, found));
  if (node !== undefined) node.isGone = true;
  if (origin === undefined) return;
  if (stats.type !== 'directory') await store.origins.remove(origin);
  store.accounts.addPrivate(-1);
  if (node === undefined) settle(store, origin);
}

export async function rename(
  store: Store,
  from: VfsPath,
  to: VfsPath,
  { replace }: RenameOptions,
  ctx: CallContext,
): Promise<void> {
  checkRenamePaths(from, to);
  const source = await find(store, from, ctx);
  const target = await childOf(store, await directoryAt(store, parentOf(to), ctx), nameOf(to), ctx);
  const empty = target?.stats.type === 'directory' && (await isEmpty(store, to, ctx));
  const end = (found: Found) => ({ inode: inodeOf(store, found), type: found.stats.type });
  const what = renameCase(from, to, replace, end(source), target && end(target), () => empty);
  if (what === 'nothing') return;
  await move(store, from, to, source, target, ctx);
}

async function move(
  store: Store,
  from: VfsPath,
  to: VfsPath,
  source: Found,
  target: Found | undefined,
  ctx: CallContext,
): Promise<void> {
  const { upper } = store;
  const isDirectory = source.stats.type === 'directory';
  const moving = await readyToMove(store, from, source, ctx);
  const [fromParent, toParent] = [await parentInUpper(store, from, ctx), await parentInUpper(store, to, ctx)];
  const going = target && (await readyToBeReplaced(store, to, target, ctx));
  const covered = await isCoveredBy(store, toParent, nameOf(to));
  const isInLower = await isSeenBelow(store, fromParent, from, ctx);
  await together(
    isDirectory && covered === 'whiteout' && upper.unlink(toUpper(to), {}),
    upper.rename(moving.place, toUpper(to), { replace: true }, {}),
    going?.in === 'upper' && going.isHeld && upper.unlink(going.place, {}),
    isInLower && whiteout(store, from),
  );
  if (moving.isHeld) moving.origin?.held.pop();
  touch(moving.origin);
  if (going?.in === 'lower') coverIn(toParent.origin, going.stats.type);
  if (going !== undefined) await gone(store, going);
  if (isDirectory) store.forgetDirectories();
  await namesChanged(store, from, fromParent);
  await namesChanged(store, to, toParent);
}

async function readyToMove(
  store: Store,
  path: VfsPath,
  found: Found,
  ctx: CallContext,
): Promise<FoundInUpper> {
  if (found.in === 'upper') return found;
  if (found.stats.type !== 'directory') return copyUp(store, found, ctx);
  await inUpper(store, await directoryAt(store, path, ctx), ctx);
  return (await find(store, path, ctx)) as FoundInUpper;
}

function readyToBeReplaced(store: Store, path: VfsPath, found: Found, ctx: CallContext): Promise<Found> {
  return found.stats.type === 'directory'
    ? directoryReadyToGo(store, path, found, ctx)
    : readyToGo(store, found, ctx);
}
