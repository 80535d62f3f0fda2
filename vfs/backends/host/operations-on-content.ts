import type { FileHandle } from 'node:fs/promises';
import type { CallContext, Handle } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import {
  checkBytes,
  checkFileSize,
  checkLength,
  checkPosition,
  checkReadable,
  checkWritable,
  checkWritePosition,
  lengthToRead,
  overlaps,
} from '../shared/index.ts';
import type { Host } from './host.ts';
import { checkRoomToCount } from './no-accounts.ts';
import type { OpenFile } from './open-file.ts';

/** Bytes that are read at once into a buffer of the length that was asked for, without asking for the size first. */
const READ_AT_ONCE = 1 << 20;
/** Bytes that a copy moves at a time. */
const PIECE = 1 << 20;
/** No file system has smaller largest files. */
const SIZE_THAT_FITS = 2 ** 31 - 1;

function readableFile(host: Host, handle: Handle): OpenFile {
  const file = host.files.get(handle);
  checkReadable(file.access);
  if (file.type === 'directory') throw new VfsError('EISDIR');
  return file;
}

function writableFile(host: Host, handle: Handle): OpenFile {
  const file = host.files.get(handle);
  checkWritable(file.access);
  return file;
}

export async function read(
  host: Host,
  handle: Handle,
  position: number,
  length: number,
  { signal }: CallContext,
): Promise<Uint8Array> {
  const file = readableFile(host, handle);
  checkPosition(position);
  checkLength(length);
  const look = async (): Promise<Uint8Array> => {
    const wanted =
      length <= READ_AT_ONCE ? length : lengthToRead(await sizeOf(file.handle), position, length);
    const bytes = new Uint8Array(wanted);
    return bytes.subarray(0, await fill(file.handle, bytes, position));
  };
  return file.calls.during(() => host.contents.during({ key: file.key, hold: 'shared' }, signal, look));
}

/** Reads until the bytes are full or the file ends, and answers how many there are. */
async function fill(handle: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

async function sizeOf(handle: FileHandle): Promise<number> {
  return (await handle.stat()).size;
}

export async function write(
  host: Host,
  handle: Handle,
  position: number | 'end',
  bytes: Uint8Array,
  ctx: CallContext,
): Promise<void> {
  const file = writableFile(host, handle);
  checkBytes(bytes);
  if (position !== 'end') checkWritePosition(position);
  if (bytes.length === 0) return;
  checkRoomToCount(ctx);
  const put = async (): Promise<void> => {
    const size = await sizeOf(file.handle);
    const start = position === 'end' ? size : position;
    checkFileSize(start + bytes.length, ctx.limits);
    await orCutBack(file.handle, size, async () => {
      await reserve(file.handle, size, start + bytes.length);
      await putAll(file.handle, bytes, start);
    });
  };
  await file.calls.during(() => host.contents.during({ key: file.key, hold: 'exclusive' }, ctx.signal, put));
}

/** Grows a file that may get larger than its file system allows before a byte is written, so that `EFBIG` leaves it whole. */
async function reserve(handle: FileHandle, size: number, end: number): Promise<void> {
  if (end > size && end > SIZE_THAT_FITS) await handle.truncate(end);
}

/** After a failure, a full disk for one, the file has its size again; bytes that were written over stay so. */
async function orCutBack<T>(handle: FileHandle, size: number, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const after = await sizeOf(handle).catch(() => size);
    if (after > size) await handle.truncate(size).catch(() => undefined);
    throw error;
  }
}

async function putAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

export async function copyRange(
  host: Host,
  from: Handle,
  fromPosition: number,
  length: number,
  to: Handle,
  toPosition: number,
  ctx: CallContext,
): Promise<number> {
  const target = writableFile(host, to);
  const source = readableFile(host, from);
  checkPosition(fromPosition);
  checkLength(length);
  checkWritePosition(toPosition);
  checkRoomToCount(ctx);
  const copy = async (): Promise<number> => {
    const available = Math.max(0, (await sizeOf(source.handle)) - fromPosition);
    const copied = Math.min(length, available);
    if (copied === 0) return 0;
    const range = { fromPosition, toPosition, length: copied };
    if (source.key === target.key && overlaps(range)) {
      throw new VfsError('EINVAL', { detail: 'the ranges overlap' });
    }
    checkFileSize(toPosition + copied, ctx.limits);
    await copyPieces(source.handle, target.handle, range);
    return copied;
  };
  const both = (): Promise<number> =>
    host.contents.duringBoth(
      { key: source.key, hold: 'shared' },
      { key: target.key, hold: 'exclusive' },
      ctx.signal,
      copy,
    );
  return source.calls.during(() => target.calls.during(both));
}

interface Range {
  readonly fromPosition: number;
  readonly toPosition: number;
  readonly length: number;
}

/** Zeros beyond the target's end are not written but become a hole. Node cannot ask for holes, so those of the source are read. */
async function copyPieces(source: FileHandle, target: FileHandle, range: Range): Promise<void> {
  const { fromPosition, toPosition, length } = range;
  const size = await sizeOf(target);
  const piece = new Uint8Array(Math.min(PIECE, length));
  const zeros = Buffer.alloc(piece.length);
  await orCutBack(target, size, async () => {
    await reserve(target, size, toPosition + length);
    for (let done = 0; done < length;) {
      const count = await fill(source, piece.subarray(0, length - done), fromPosition + done);
      if (count === 0) break;
      const bytes = piece.subarray(0, count);
      const isHole = toPosition + done >= size && zeros.compare(bytes, 0, count, 0, count) === 0;
      if (!isHole) await putAll(target, bytes, toPosition + done);
      done += count;
    }
    if ((await sizeOf(target)) < toPosition + length) await target.truncate(toPosition + length);
  });
}
