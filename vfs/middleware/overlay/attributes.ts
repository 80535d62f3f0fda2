import type { CallContext, Handle } from '../../backend.ts';
import {
  checkChange,
  checkChangeOfSize,
  checkChangeOfType,
  isEmptyChange,
} from '../../backends/shared/index.ts';
import { VfsError } from '../../errors.ts';
import { ROOT, type VfsPath } from '../../path.ts';
import type { Stats, StatsChange } from '../../stats.ts';
import { copyUp, inUpper, isNotBeingCopied } from './copy-up.ts';
import { directoryAt, find, type FoundInUpper } from './find.ts';
import { pathOfLower } from './inodes.ts';
import { hasNoContentBelow, needContent, upperOf, whileNotCopied } from './open-files.ts';
import { closeNode, hasContentBelow, nodeOf, statsOfNode, type OpenNode } from './open-node.ts';
import type { Origin } from './origins.ts';
import { statsOf, touch } from './stats.ts';
import type { Store } from './store.ts';

export async function lstat(store: Store, path: VfsPath, ctx: CallContext): Promise<Stats> {
  return statsOf(store, await find(store, path, ctx), ctx);
}

export async function readlink(store: Store, path: VfsPath, ctx: CallContext): Promise<string> {
  const found = await find(store, path, ctx);
  return (found.in === 'upper' ? store.upper : store.lower).readlink(found.place, ctx);
}

/** What has the path, in the upper store, where it can be changed. Under the lock alone. */
export async function foundInUpper(store: Store, path: VfsPath, ctx: CallContext): Promise<FoundInUpper> {
  const found = await find(store, path, ctx);
  if (found.in === 'upper') return found;
  if (found.stats.type !== 'directory') return copyUp(store, found, ctx);
  await inUpper(store, await directoryAt(store, path, ctx), ctx);
  return (await find(store, path, ctx)) as FoundInUpper;
}

export async function setstat(
  store: Store,
  path: VfsPath,
  wanted: StatsChange,
  ctx: CallContext,
): Promise<void> {
  if (wanted.size !== undefined) return resize(store, path, wanted, ctx);
  for (;;) {
    const origin = await store.changing(ctx, () => changeByPath(store, path, wanted, ctx));
    if (origin === undefined) return;
    await isNotBeingCopied(origin);
  }
}

/** As through a handle, which goes on while content is copied. */
async function resize(store: Store, path: VfsPath, wanted: StatsChange, ctx: CallContext): Promise<void> {
  const node = await store.changing(ctx, async () => {
    const found = await find(store, path, ctx);
    checkChangeOfType(found.stats.type, checkChange(wanted));
    const opened = await nodeOf(store, found, ctx);
    opened.handles++;
    return opened;
  });
  try {
    await changeNode(store, node, wanted, ctx);
  } finally {
    await store.looking({}, () => closeNode(store, node, {}));
  }
}

/** Answers the origin of what cannot be changed yet, since its content is being copied. */
async function changeByPath(
  store: Store,
  path: VfsPath,
  wanted: StatsChange,
  ctx: CallContext,
): Promise<Origin | undefined> {
  const found = await find(store, path, ctx);
  const change = checkChange(wanted);
  checkChangeOfType(found.stats.type, change);
  if (isEmptyChange(change)) return undefined;
  if (found.in === 'upper' && found.origin?.copying !== undefined) return found.origin;
  const { place, origin } = await foundInUpper(store, path, ctx);
  await store.upper.setstat(place, change, ctx);
  touch(origin);
  return undefined;
}

export async function fsetstat(
  store: Store,
  handle: Handle,
  change: StatsChange,
  ctx: CallContext,
): Promise<void> {
  const { node, access } = store.handles.get(handle);
  if (change.size !== undefined && access === 'r') throw new VfsError('EINVAL');
  await changeNode(store, node, change, ctx);
}

async function changeNode(
  store: Store,
  node: OpenNode,
  wanted: StatsChange,
  ctx: CallContext,
): Promise<void> {
  const change = checkChange(wanted);
  checkChangeOfType(node.type, change);
  if (isEmptyChange(change)) return;
  const { size } = await store.looking(ctx, () => statsOfNode(store, node, ctx));
  checkChangeOfSize(size, change, ctx.limits);
  // To another size than none, what is left of the content is needed.
  const keepsContent = change.size !== undefined && change.size > 0 && change.size !== size;
  for (;;) {
    if (keepsContent) await needContent(store, node, ctx);
    const isDone = await whileNotCopied(store, node, ctx, async () => {
      if (keepsContent && hasContentBelow(node)) return false;
      const handle = await handleInUpper(store, node, ctx);
      await store.upper.fsetstat(handle, change, ctx);
      if (change.size === 0) await hasNoContentBelow(store, node);
      touch(node.origin);
      return true;
    });
    if (isDone) return;
  }
}

async function handleInUpper(store: Store, node: OpenNode, ctx: CallContext): Promise<Handle> {
  if (node.type === 'file' || node.upper !== undefined) return upperOf(store, node, ctx);
  const path = await pathOfLower(store, node.lowerPath ?? ROOT, node.inode, ctx);
  if (path === undefined) throw new VfsError('ESTALE');
  await inUpper(store, await directoryAt(store, path, ctx), ctx);
  return node.upper as unknown as Handle;
}
