import type { CallContext, Handle } from '../../backend.ts';
import { CHUNK_SIZE } from '../../backends/shared/index.ts';
import { VfsError } from '../../errors.ts';
import { parentOf, type VfsPath } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import { directoryAt, type Directory, type FoundInLower, type FoundInUpper } from './find.ts';
import { closeNode, hasContentBelow, lowerOf, type OpenNode } from './open-node.ts';
import { heldPath, type Origin } from './origins.ts';
import { toUpper } from './places.ts';
import { coverIn } from './stats.ts';
import { together, type Store } from './store.ts';
import { copyXattrs } from './xattrs.ts';

/** Bytes that are copied at a time: whole chunks, so that holes stay. */
const PIECE = 8 * CHUNK_SIZE;

/**
 * The directory in the upper store, made there with the attributes of the lower one where it is not yet, and so are the
 * directories above it. Nothing of this can be seen. Under the lock alone.
 */
export async function inUpper(store: Store, directory: Directory, ctx: CallContext): Promise<Directory> {
  const { path, lower } = directory;
  if (directory.inUpper || lower === undefined) return directory;
  const parent = await inUpper(store, await directoryAt(store, parentOf(path), ctx), ctx);
  const stats = await store.lower.lstat(lower, ctx);
  const draft = store.work();
  await store.upper.mkdir(draft, stats.mode, { owner: stats });
  await copyAttributes(store, lower, draft, stats, ctx);
  const origin = await newOrigin(store, draft, lower, stats);
  origin.covered = 0;
  await moveUnseen(store, draft, path, parent);
  coverIn(parent.origin, 'directory');
  store.forgetDirectories();
  await attach(store, origin, toUpper(path));
  return directoryAt(store, path, ctx);
}

/** Puts a directory into its place without moving the times of the one that it comes into. */
async function moveUnseen(store: Store, draft: VfsPath, path: VfsPath, parent: Directory): Promise<void> {
  const above = parentOf(toUpper(path));
  const { mtime, ctime } = await store.upper.lstat(above, {});
  await together(
    store.upper.rename(draft, toUpper(path), { replace: false }, {}),
    store.upper.setstat(above, { mtime }, {}),
  );
  if (parent.origin !== undefined) parent.origin.times ??= { ctime };
}

async function copyAttributes(
  store: Store,
  from: VfsPath,
  to: VfsPath,
  { type, mode, uid, gid, atime, mtime }: Stats,
  ctx: CallContext,
): Promise<void> {
  await copyXattrs(store, from, to, ctx);
  const kept = { uid, gid, atime, mtime };
  await store.upper.setstat(to, type === 'symlink' ? kept : { ...kept, mode }, {});
}

async function newOrigin(store: Store, draft: VfsPath, path: VfsPath, stats: Stats): Promise<Origin> {
  // Nothing but its extended attributes are in it yet.
  const { inode: upper, used: copied } = await store.upper.lstat(draft, {});
  const { inode: lower, type, ctime } = stats;
  const used = stats.used - copied;
  const content = type === 'file' && stats.size > 0 ? 'lower' : 'upper';
  const origin: Origin = { upper, lower, type, path, content, held: [], used, times: { ctime } };
  await store.origins.add(origin);
  store.accounts.addPrivate(2);
  if (store.accounts.countsEverything) store.accounts.lose({ used: copied });
  return origin;
}

/**
 * A file or symlink of the lower store as an inode of the upper one, with the attributes and without the bytes of a file.
 * It stands for every name that the lower store has for it, and is called by none in the tree yet. Nothing of this can be
 * seen. Under the lock alone.
 */
export async function copyUp(store: Store, found: FoundInLower, ctx: CallContext): Promise<FoundInUpper> {
  const { place: lower, stats } = found;
  const draft = store.work();
  await makeDraft(store, found, draft, ctx);
  await copyAttributes(store, lower, draft, stats, ctx);
  const origin = await newOrigin(store, draft, lower, stats);
  const names = Array.from({ length: stats.nlink }, (_, index) => index);
  const links = names.slice(1).map((number) => store.upper.link(draft, heldPath(origin, number), {}));
  await together(...links, store.upper.rename(draft, heldPath(origin, 0), { replace: true }, {}));
  origin.held.push(...names);
  const place = heldPath(origin, names.length - 1);
  await attach(store, origin, place);
  return { in: 'upper', place, stats: await store.upper.lstat(place, {}), origin, isHeld: true };
}

async function makeDraft(
  store: Store,
  { place, stats }: FoundInLower,
  draft: VfsPath,
  ctx: CallContext,
): Promise<void> {
  const { upper, lower } = store;
  if (stats.type === 'symlink')
    return upper.symlink(await lower.readlink(place, ctx), draft, { owner: stats });
  const flags = { access: 'w', create: 'exclusive' } as const;
  const handle = await upper.open(draft, flags, stats.mode, { owner: stats });
  try {
    await upper.fsetstat(handle, { size: stats.size }, {});
  } finally {
    await upper.close(handle, {});
  }
}

/** Whoever has it open goes on with the copy. */
async function attach(store: Store, origin: Origin, place: VfsPath): Promise<void> {
  const node = store.nodes.get(origin.lower);
  if (node === undefined) return;
  node.upper = await store.upper.open(place, { access: node.type === 'directory' ? 'r' : 'rw' }, 0, {});
  node.origin = origin;
  if (!hasContentBelow(node)) await closeLower(store, node);
}

async function closeLower(store: Store, node: OpenNode): Promise<void> {
  const { lower } = node;
  node.lower = undefined;
  if (lower !== undefined) await store.lower.close(lower, {});
}

/**
 * Copies the bytes of a file, so that its content can change. Where only the upper store is counted others go on
 * meanwhile, and read what the lower store has; the limits of `ctx` hold for the copy.
 */
export async function copyContent(store: Store, node: OpenNode, ctx: CallContext): Promise<void> {
  const origin = await originOf(store, node, ctx);
  if (origin.content === 'upper') return;
  if (origin.copying !== undefined) return isNotBeingCopied(origin);
  node.handles++;
  origin.copying = store.accounts.countsEverything
    ? store.changing(ctx, () => copyAll(store, node, origin, ctx))
    : copyAll(store, node, origin, ctx);
  try {
    await origin.copying;
  } finally {
    origin.copying = undefined;
    await store.looking({}, () => closeNode(store, node, {}));
  }
}

/** Waits for another's copy, which may fail at another's limits. */
export async function isNotBeingCopied(origin: Origin | undefined): Promise<void> {
  await origin?.copying?.catch(() => undefined);
}

async function originOf(store: Store, node: OpenNode, ctx: CallContext): Promise<Origin> {
  if (node.origin !== undefined) return node.origin;
  return store.changing(ctx, () => copyUpNode(store, node, ctx));
}

/** What the copy of an open file is known by. Under the lock alone. */
export async function copyUpNode(store: Store, node: OpenNode, ctx: CallContext): Promise<Origin> {
  if (node.origin !== undefined) return node.origin;
  const stats = await store.lower.fstat(lowerOf(node), ctx);
  const { origin } = await copyUp(store, { in: 'lower', place: node.lowerPath as VfsPath, stats }, ctx);
  return origin as Origin;
}

/** Under the lock alone, or where `origin.copying` tells the others. */
export async function copyAll(store: Store, node: OpenNode, origin: Origin, ctx: CallContext): Promise<void> {
  if (origin.content === 'upper') return;
  const { upper } = store;
  const [from, to] = [lowerOf(node), node.upper as Handle];
  const { mtime, ctime, size } = await upper.fstat(to, {});
  origin.times = { ctime, ...origin.times, mtime };
  try {
    await copyBytes(store, from, to, ctx);
    await upper.fsetstat(to, { mtime }, {});
  } catch (error) {
    await upper.fsetstat(to, { size: 0 }, {});
    await upper.fsetstat(to, { size, mtime }, {});
    throw error;
  } finally {
    origin.times = { ctime: origin.times.ctime };
  }
  await isCopied(store, node, origin);
}

/** The bytes of the lower store are not needed any more. */
export async function isCopied(store: Store, node: OpenNode, origin: Origin): Promise<void> {
  if (store.accounts.countsEverything) store.accounts.lose({ used: origin.used });
  // At once, and in this order, since a name may be taken away meanwhile.
  origin.content = 'upper';
  await together(node.isGone ? undefined : store.origins.recordContent(origin), closeLower(store, node));
}

async function copyBytes(store: Store, from: Handle, to: Handle, ctx: CallContext): Promise<void> {
  const limited = store.accounts.countsEverything ? {} : await store.accounts.withinBytes(ctx);
  for (let position = 0; ;) {
    if (ctx.signal?.aborted === true) throw new VfsError('EINTR');
    const bytes = await store.lower.read(from, position, PIECE, ctx);
    for (let at = 0; at < bytes.length; at += CHUNK_SIZE) {
      const chunk = withoutZeros(bytes.subarray(at, at + CHUNK_SIZE));
      if (chunk.length > 0) await store.upper.write(to, position + at, chunk, limited);
    }
    position += bytes.length;
    if (bytes.length < PIECE) return;
  }
}

/** Zeros at the end of a chunk are a hole. */
export function withoutZeros(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
