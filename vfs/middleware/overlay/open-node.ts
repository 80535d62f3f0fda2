import type { CallContext, Handle, OpenFlags } from '../../backend.ts';
import { checkReadable, checkWritable } from '../../backends/shared/index.ts';
import { VfsError } from '../../errors.ts';
import type { VfsPath } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import type { Found, FoundInUpper } from './find.ts';
import type { Origin } from './origins.ts';
import { inodeOf, statsInLower, statsInUpper } from './stats.ts';
import { together, type Store } from './store.ts';

/** A file or directory that is open, once for all handles of it. */
export interface OpenNode {
  readonly inode: number;
  readonly type: 'file' | 'directory';
  /** Where it came from the lower store; undefined for what the user has made. */
  readonly lowerPath: VfsPath | undefined;
  origin: Origin | undefined;
  /** Open for reading and writing, a directory for reading. Undefined as long as only the lower store has it. */
  upper: Handle | undefined;
  /** Open for reading, as long as the content is in the lower store. */
  lower: Handle | undefined;
  handles: number;
  /** Its last name is gone, so that what is counted for it changes with the last close. */
  isGone: boolean;
}

/** What a handle names. */
export interface OpenFile {
  readonly node: OpenNode;
  readonly access: OpenFlags['access'];
}

/** The file of a handle that may be read. */
export function readableNode(store: Store, handle: Handle): OpenNode {
  const { node, access } = store.handles.get(handle);
  checkReadable(access);
  if (node.type === 'directory') throw new VfsError('EISDIR');
  return node;
}

/** The file of a handle that may be written; a directory is never open for writing. */
export function writableNode(store: Store, handle: Handle): OpenNode {
  const { node, access } = store.handles.get(handle);
  checkWritable(access);
  return node;
}

/** Opens what was found, a file or directory, or takes what is open of it. Under the lock alone. */
export async function nodeOf(store: Store, found: Found, ctx: CallContext): Promise<OpenNode> {
  const inode = inodeOf(store, found);
  const open = store.nodes.get(inode);
  if (open !== undefined) return open;
  const type = found.stats.type as OpenNode['type'];
  const origin = found.in === 'upper' ? found.origin : undefined;
  const lowerPath = found.in === 'lower' ? found.place : origin?.path;
  const node = {
    inode, type, lowerPath, origin, upper: undefined, lower: undefined, handles: 0, isGone: false,
  }; // prettier-ignore
  return keepNode(store, await openBelow(store, node, found, ctx));
}

async function openBelow(store: Store, node: OpenNode, found: Found, ctx: CallContext): Promise<OpenNode> {
  if (found.in === 'upper') node.upper = await openInUpper(store, found);
  const needsLower = found.in === 'lower' || hasContentBelow(node);
  if (!needsLower || node.lowerPath === undefined) return node;
  try {
    node.lower = await store.lower.open(node.lowerPath, { access: 'r' }, 0, ctx);
    return node;
  } catch (error) {
    if (node.upper !== undefined) await store.upper.close(node.upper, {});
    throw error;
  }
}

export function keepNode(store: Store, node: OpenNode): OpenNode {
  store.nodes.set(node.inode, node);
  return node;
}

export function openInUpper(store: Store, { place, stats }: FoundInUpper): Promise<Handle> {
  return store.upper.open(place, { access: stats.type === 'directory' ? 'r' : 'rw' }, 0, {});
}

/** True for a file whose bytes are still those of the lower store. */
export function hasContentBelow({ type, origin, upper }: OpenNode): boolean {
  return type === 'file' && (upper === undefined || origin?.content === 'lower');
}

export async function statsOfNode(store: Store, node: OpenNode, ctx: CallContext): Promise<Stats> {
  if (node.upper === undefined) return statsInLower(await store.lower.fstat(lowerOf(node), ctx));
  const stats = await store.upper.fstat(node.upper, {});
  // A directory that is removed has nothing of the lower store in it any more.
  if (node.isGone && node.type === 'directory') return { ...stats, inode: node.inode };
  return { ...(await statsInUpper(store, stats, node.origin, ctx)), inode: node.inode };
}

/** The handle of the lower store, which is there as long as the content is. */
export function lowerOf({ lower }: OpenNode): Handle {
  if (lower === undefined) throw new VfsError('EIO');
  return lower;
}

/** Ends one handle, and with the last one what is open below. */
export async function closeNode(store: Store, node: OpenNode, ctx: CallContext): Promise<void> {
  node.handles--;
  if (node.handles > 0) return;
  store.nodes.delete(node.inode);
  if (node.isGone && node.origin !== undefined) settle(store, node.origin);
  const { upper, lower } = node;
  await together(
    upper !== undefined && store.upper.close(upper, ctx),
    lower !== undefined && store.lower.close(lower, ctx),
  );
}

/** An inode that came from the lower store is no more. */
export function settle(store: Store, origin: Origin): void {
  store.accounts.addPrivate(-1);
  store.accounts.lose({ inodes: 1, used: origin.content === 'lower' ? origin.used : 0 });
}
