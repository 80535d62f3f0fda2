import type { CallContext, Handle, OpenFlags } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { nameOf, type VfsPath } from '../../path.ts';
import type { Stats, StatsChange } from '../../stats.ts';
import {
  checkFileSize,
  checkGrowth,
  checkLength,
  checkMode,
  checkOpenFlags,
  checkPosition,
  checkReadable,
  checkWritable,
  checkWritePosition,
  lengthToRead,
  openCase,
  spansOf,
} from '../shared/index.ts';
import { addEntry, touchContent } from './entries.ts';
import { statsOf, type FileNode } from './node.ts';
import { changeNode } from './operations-on-attributes.ts';
import type { OpenNode, Store } from './store.ts';

export function open(store: Store, path: VfsPath, flags: OpenFlags, mode: number, ctx: CallContext): Handle {
  checkOpenFlags(flags);
  const bits = checkMode(mode);
  const found = store.findIfThere(path);
  const isNew = openCase(flags, found?.type) === 'make';
  const node = (isNew ? makeFile(store, path, bits, ctx) : found) as OpenNode['node'];
  if (!isNew && node.type === 'file' && flags.truncate === true) empty(store, node);
  node.handles++;
  return store.handles.add({ node, access: flags.access });
}

function makeFile(store: Store, path: VfsPath, mode: number, ctx: CallContext): FileNode {
  const directory = store.directoryOf(path);
  const file = store.makeFile(mode, ctx);
  addEntry(directory, nameOf(path), file, file.ctime);
  return file;
}

/** As O_TRUNC: the times move even where there was nothing to cut. */
function empty(store: Store, file: FileNode): void {
  store.changeContent(file, (content) => content.resize(0));
  touchContent(file, store.now());
}

/** The file of a handle that may be read. */
export function readableFile(store: Store, handle: Handle): FileNode {
  const { node, access } = store.handles.get(handle);
  checkReadable(access);
  if (node.type === 'directory') throw new VfsError('EISDIR');
  return node;
}

/** The file of a handle that may be written; a directory is never open for writing. */
export function writableFile(store: Store, handle: Handle): FileNode {
  const { node, access } = store.handles.get(handle);
  checkWritable(access);
  return node as FileNode;
}

export function read(store: Store, handle: Handle, position: number, length: number): Uint8Array {
  const { content } = readableFile(store, handle);
  checkPosition(position);
  checkLength(length);
  return content.read(position, lengthToRead(content.size, position, length));
}

export function write(
  store: Store,
  handle: Handle,
  position: number | 'end',
  bytes: Uint8Array,
  ctx: CallContext,
): void {
  const file = writableFile(store, handle);
  if (position !== 'end') checkWritePosition(position);
  if (bytes.length === 0) return;
  const start = position === 'end' ? file.content.size : position;
  checkFileSize(start + bytes.length, ctx.limits);
  checkGrowth(
    store.usage,
    file.content.growth(spansOf(start, bytes.length)),
    ctx.limits,
    store.capacity.bytes,
  );
  store.changeContent(file, (content) => content.write(start, bytes));
  touchContent(file, store.now());
}

export function fstat(store: Store, handle: Handle): Stats {
  return statsOf(store.handles.get(handle).node);
}

export function fsetstat(store: Store, handle: Handle, change: StatsChange, ctx: CallContext): void {
  const { node, access } = store.handles.get(handle);
  if (change.size !== undefined && access === 'r') throw new VfsError('EINVAL');
  changeNode(store, node, change, ctx);
}

/** Memory has nothing safer to offer. */
export function fsync(store: Store, handle: Handle): void {
  store.handles.get(handle);
}

export function close(store: Store, handle: Handle): void {
  const { node } = store.handles.take(handle);
  store.locks.release({ file: node.inode, handle });
  node.handles--;
  store.releaseIfGone(node);
}
