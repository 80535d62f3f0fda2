import type { CallContext, Handle, OpenFlags } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { VfsPath } from '../../path.ts';
import type { Stats, StatsChange } from '../../stats.ts';
import {
  checkLength,
  checkMode,
  checkOpenFlags,
  checkPosition,
  checkWritePosition,
  lengthToRead,
} from '../shared/arguments.ts';
import { chunksToCopy, spanOf, spansOf, type Span } from '../shared/chunks.ts';
import { checkCopyRange, copyCase } from '../shared/copy-case.ts';
import { checkReadable, checkWritable } from '../shared/handle-table.ts';
import { checkFileSize, checkGrowth } from '../shared/limits.ts';
import { openCase } from '../shared/open-case.ts';
import { change } from './attributes.ts';
import { statsOf, typeOf, type Inode } from './inode.ts';
import { find } from './lookup.ts';
import { openContent, type OpenContent, type OpenFile } from './open-file.ts';
import type { Parts } from './parts.ts';
import { FILE_SIZE_MAX } from './schema.ts';
import { create, removeUnlinked } from './tree.ts';

export function open(parts: Parts, path: VfsPath, flags: OpenFlags, mode: number, ctx: CallContext): Handle {
  checkOpenFlags(flags);
  const bits = checkMode(mode);
  const found = find(parts, path);
  const makes = openCase(flags, found && typeOf(found)) === 'make';
  const inode = found ?? create(parts, path, 'file', bits, null, ctx);
  const content = acquire(parts, inode);
  const handle = parts.handles.add({ content, access: flags.access, made: makes, failure: undefined });
  if (makes || flags.truncate !== true) return handle;
  try {
    cut(parts, content);
    return handle;
  } catch (error) {
    release(parts, parts.handles.take(handle));
    throw error;
  }
}

function cut(parts: Parts, file: OpenContent): void {
  parts.transaction.ensure();
  if (file.inode.size > 0) parts.content.truncate(file, 0);
  touch(parts, file);
}

export function read(
  parts: Parts,
  handle: Handle,
  position: number,
  length: number,
  { into }: CallContext,
): Uint8Array {
  const { content, access } = parts.handles.get(handle);
  checkReadable(access);
  checkPosition(position);
  checkLength(length);
  requireFile(content);
  return parts.content.read(content, position, lengthToRead(content.inode.size, position, length), into);
}

export function write(
  parts: Parts,
  handle: Handle,
  position: number | 'end',
  bytes: Uint8Array,
  ctx: CallContext,
): void {
  const file = parts.handles.get(handle);
  const { content } = file;
  checkWritable(file.access);
  const at = position === 'end' ? content.inode.size : checkWritePosition(position);
  requireWhole(file);
  if (bytes.length === 0) return;
  checkFileSize(at + bytes.length, ctx.limits, FILE_SIZE_MAX);
  const spans = spansOf(at, bytes.length);
  const growth = parts.content.growth(content, spans);
  checkGrowth(parts.usage, growth, ctx.limits, Number.MAX_SAFE_INTEGER);
  parts.transaction.ensure();
  parts.content.write(content, at, bytes, spans, growth);
  touch(parts, content);
}

export function copyRange(
  parts: Parts,
  fromHandle: Handle,
  fromPosition: number,
  length: number,
  toHandle: Handle,
  toPosition: number,
  ctx: CallContext,
): number {
  const from = parts.handles.get(fromHandle);
  const to = parts.handles.get(toHandle);
  checkReadable(from.access);
  checkWritable(to.access);
  const asked = checkCopyRange(fromPosition, length, toPosition);
  requireFile(from.content);
  requireWhole(to);
  const { size } = from.content.inode;
  const range = copyCase(asked, size, from.content === to.content, ctx.limits, FILE_SIZE_MAX);
  if (range === undefined) return 0;
  const { length: count } = range;
  const spans = chunksToCopy(
    range,
    parts.content.presentChunks(from.content, fromPosition, count),
    parts.content.presentChunks(to.content, toPosition, count),
  ).map((index) => spanOf(index, toPosition, count));
  checkGrowth(parts.usage, parts.content.growth(to.content, spans), ctx.limits, Number.MAX_SAFE_INTEGER);
  parts.transaction.ensure();
  for (const span of spans) copySpan(parts, from.content, fromPosition, to.content, toPosition, span);
  if (toPosition + count > to.content.inode.size) parts.content.truncate(to.content, toPosition + count);
  touch(parts, to.content);
  return count;
}

function copySpan(
  parts: Parts,
  from: OpenContent,
  fromPosition: number,
  to: OpenContent,
  toPosition: number,
  span: Span,
): void {
  const bytes = parts.content.read(from, fromPosition + span.offset, span.end - span.start);
  const spans = [{ ...span, offset: 0 }];
  parts.content.write(to, toPosition + span.offset, bytes, spans, parts.content.growth(to, spans));
}

export function fstat(parts: Parts, handle: Handle): Stats {
  const { content } = parts.handles.get(handle);
  requireThere(content);
  return statsOf(content.inode);
}

export function fsetstat(parts: Parts, handle: Handle, wanted: StatsChange, ctx: CallContext): void {
  const file = parts.handles.get(handle);
  requireWhole(file);
  if (wanted.size !== undefined && file.access === 'r') {
    throw new VfsError('EINVAL', { detail: 'a change of size needs a handle with write access' });
  }
  change(parts, file.content.inode, wanted, ctx);
}

/** Everything written goes into the transaction, and what directories are said to be. */
export function fsync(parts: Parts, handle: Handle): void {
  const file = parts.handles.get(handle);
  const { content } = file;
  requireWhole(file);
  if (!content.unsaved && !parts.inodes.hasLate) return;
  parts.transaction.ensure();
  parts.content.flush(content);
  parts.inodes.saveLate();
}

/** Ends the handle, and answers whether that promises anything: not where nothing was made or written through it. */
export function close(parts: Parts, handle: Handle): boolean {
  const file = parts.handles.take(handle);
  parts.locks.release({ file: file.content.inode.ino, handle });
  try {
    if (file.content.unsaved && file.content.inode.nlink > 0) {
      parts.transaction.ensure();
      parts.content.flush(file.content);
    }
  } finally {
    release(parts, file);
  }
  const promises = file.made || file.access !== 'r';
  if (promises) requireWhole(file);
  return promises;
}

/** Ends all handles, since the store is going; answers what one of them would have been told by its close. */
export function closeAll(parts: Parts): VfsError | undefined {
  let failure: VfsError | undefined;
  for (const file of parts.handles.takeAll()) {
    if (file.content.unsaved && file.content.inode.nlink > 0) {
      parts.transaction.ensure();
      parts.content.flush(file.content);
    }
    release(parts, file);
    if (file.access !== 'r') failure ??= file.failure;
  }
  return failure;
}

function acquire(parts: Parts, inode: Inode): OpenContent {
  const pinned = parts.inodes.pin(inode);
  const known = parts.contents.get(pinned.ino);
  if (known !== undefined) return known;
  const content = openContent(pinned);
  parts.contents.set(pinned.ino, content);
  return content;
}

function release(parts: Parts, { content }: OpenFile): void {
  if (!parts.inodes.unpin(content.inode)) return;
  parts.contents.delete(content.inode.ino);
  parts.content.letGo(content);
  if (content.inode.nlink === 0 && !content.gone) removeUnlinked(parts, content.inode);
}

function requireFile(content: OpenContent): void {
  requireThere(content);
  if (typeOf(content.inode) === 'directory') throw new VfsError('EISDIR');
}

/** The making of the file may have been lost before anybody closed it. */
function requireThere(content: OpenContent): void {
  if (content.gone) throw new VfsError('ESTALE', { detail: 'the file could not be stored' });
}

/** Bytes that were acknowledged and then lost are told to whoever writes, syncs or closes. */
function requireWhole({ content, failure }: OpenFile): void {
  if (failure !== undefined)
    throw new VfsError(failure.code, { detail: failure.detail, cause: failure.cause });
  requireThere(content);
}

function touch(parts: Parts, content: OpenContent): void {
  const now = parts.clock();
  content.inode.mtime = now;
  content.inode.ctime = now;
  parts.content.markUnsaved(content);
}
