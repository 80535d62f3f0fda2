import type { CallContext, Handle, OpenFlags } from '../../backend.ts';
import {
  checkFileSize,
  checkMode,
  checkOpenFlags,
  checkWritePosition,
  openCase,
} from '../../backends/shared/index.ts';
import type { VfsPath } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import { putNew } from './change-names.ts';
import { copyContent, copyUpNode, isCopied, isNotBeingCopied } from './copy-up.ts';
import { find, findIfThere, type FoundInUpper } from './find.ts';
import {
  closeNode,
  hasContentBelow,
  keepNode,
  lowerOf,
  nodeOf,
  readableNode,
  statsOfNode,
  writableNode,
  type OpenNode,
} from './open-node.ts';
import { inodeOf, touch } from './stats.ts';
import { together, type Store } from './store.ts';

export async function open(
  store: Store,
  path: VfsPath,
  flags: OpenFlags,
  mode: number,
  ctx: CallContext,
): Promise<Handle> {
  checkOpenFlags(flags);
  const bits = checkMode(mode);
  const { node, isNew } = await store.changing(ctx, () => openOrMake(store, path, flags, bits, ctx));
  try {
    if (flags.truncate === true && !isNew) await cut(store, node, ctx);
    return store.handles.add({ node, access: flags.access });
  } catch (error) {
    await store.looking({}, () => closeNode(store, node, {}));
    throw error;
  }
}

interface Opened {
  readonly node: OpenNode;
  readonly isNew: boolean;
}

async function openOrMake(
  store: Store,
  path: VfsPath,
  flags: OpenFlags,
  mode: number,
  ctx: CallContext,
): Promise<Opened> {
  const found = await findIfThere(store, path, ctx);
  const isNew = openCase(flags, found?.stats.type) === 'make';
  const node = found === undefined ? await makeFile(store, path, mode, ctx) : await nodeOf(store, found, ctx);
  node.handles++;
  return { node, isNew };
}

async function makeFile(store: Store, path: VfsPath, mode: number, ctx: CallContext): Promise<OpenNode> {
  const within = await store.accounts.within(ctx);
  const flags = { access: 'rw', create: 'exclusive' } as const;
  const upper = await putNew(
    store,
    path,
    'other',
    (place) => store.upper.open(place, flags, mode, within),
    ctx,
  );
  const found = (await find(store, path, ctx)) as FoundInUpper;
  return keepNode(store, {
    inode: inodeOf(store, found),
    type: 'file',
    lowerPath: undefined,
    origin: undefined,
    upper,
    lower: undefined,
    handles: 0,
    isGone: false,
  });
}

/** As O_TRUNC: the times move even where there is nothing to cut. */
async function cut(store: Store, node: OpenNode, ctx: CallContext): Promise<void> {
  await whileNotCopied(store, node, ctx, async () => {
    const { size } = await statsOfNode(store, node, ctx);
    const handle = await upperOf(store, node, ctx);
    const resize = (to: number): Promise<void> => store.upper.fsetstat(handle, { size: to }, {});
    await together(size === 0 && resize(1), resize(0));
    await hasNoContentBelow(store, node);
    touch(node.origin);
  });
}

/** Runs under the lock alone, at a moment when nobody is copying the content. */
export async function whileNotCopied<T>(
  store: Store,
  node: OpenNode,
  ctx: CallContext,
  run: () => Promise<T>,
): Promise<T> {
  for (;;) {
    await isNotBeingCopied(node.origin);
    const outcome = await store.changing(ctx, async () =>
      node.origin?.copying === undefined ? { result: await run() } : undefined,
    );
    if (outcome !== undefined) return outcome.result;
  }
}

/** The handle of the upper store, with a copy of the inode where it has none. Under the lock alone. */
export async function upperOf(store: Store, node: OpenNode, ctx: CallContext): Promise<Handle> {
  if (node.upper === undefined) await copyUpNode(store, node, ctx);
  return node.upper as Handle;
}

/** The file has been emptied, so that nothing of the lower store is left in it. */
export async function hasNoContentBelow(store: Store, node: OpenNode): Promise<void> {
  if (node.origin !== undefined && hasContentBelow(node)) await isCopied(store, node, node.origin);
}

/** What a call needs of the content before it can change it. Others that read are not held up. */
export async function needContent(store: Store, node: OpenNode, ctx: CallContext): Promise<Handle> {
  while (hasContentBelow(node)) await copyContent(store, node, ctx);
  return node.upper as Handle;
}

export async function read(
  store: Store,
  handle: Handle,
  position: number,
  length: number,
  ctx: CallContext,
): Promise<Uint8Array> {
  const node = readableNode(store, handle);
  return hasContentBelow(node)
    ? store.lower.read(lowerOf(node), position, length, ctx)
    : store.upper.read(node.upper as Handle, position, length, ctx);
}

export async function write(
  store: Store,
  handle: Handle,
  position: number | 'end',
  bytes: Uint8Array,
  ctx: CallContext,
): Promise<void> {
  const node = writableNode(store, handle);
  if (position !== 'end') checkWritePosition(position);
  if (bytes.length === 0) return;
  if (hasContentBelow(node)) {
    const { size } = await fstatNode(store, node, ctx);
    checkFileSize((position === 'end' ? size : position) + bytes.length, ctx.limits);
  }
  const to = await needContent(store, node, ctx);
  await store.looking(ctx, async () => {
    await store.upper.write(to, position, bytes, await store.accounts.within(ctx));
    touch(node.origin);
  });
}

export function fstat(store: Store, handle: Handle, ctx: CallContext): Promise<Stats> {
  return fstatNode(store, store.handles.get(handle).node, ctx);
}

function fstatNode(store: Store, node: OpenNode, ctx: CallContext): Promise<Stats> {
  return store.looking(ctx, () => statsOfNode(store, node, ctx));
}

export async function fsync(store: Store, handle: Handle, ctx: CallContext): Promise<void> {
  const { upper } = store.handles.get(handle).node;
  if (upper !== undefined) await store.upper.fsync(upper, ctx);
}

export async function close(store: Store, handle: Handle, ctx: CallContext): Promise<void> {
  const { node } = store.handles.take(handle);
  store.locks.release({ file: node.inode, handle });
  await store.looking({}, () => closeNode(store, node, ctx));
}
