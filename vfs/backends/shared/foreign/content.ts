import type { CallContext, Handle } from '../../../backend.ts';
import { checkLength, checkPosition, checkWritePosition, lengthToRead } from '../arguments.ts';
import { checkFileSize } from '../limits.ts';
import { checkRoomToCount } from './no-accounts.ts';
import { readableFile, writableFile, type ContentHandle, type OpenFiles } from './open-file.ts';

/** Bytes that are read at once into a buffer of the length that was asked for, without asking for the size first. */
const READ_AT_ONCE = 1 << 20;
/** No file system has smaller largest files. */
const SIZE_THAT_FITS = 2 ** 31 - 1;

export async function read(
  store: OpenFiles<ContentHandle>,
  handle: Handle,
  position: number,
  length: number,
  { signal }: CallContext,
): Promise<Uint8Array> {
  const file = readableFile(store, handle);
  checkPosition(position);
  checkLength(length);
  const look = async (): Promise<Uint8Array> => {
    const wanted =
      length <= READ_AT_ONCE ? length : lengthToRead(await sizeOf(file.handle), position, length);
    const bytes = new Uint8Array(wanted);
    return bytes.subarray(0, await fill(file.handle, bytes, position));
  };
  return file.calls.during(() => store.contents.during({ key: file.key, hold: 'shared' }, signal, look));
}

/** Reads until the bytes are full or the file ends, and answers how many there are. */
export async function fill(handle: ContentHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

export async function sizeOf(handle: ContentHandle): Promise<number> {
  return (await handle.stat()).size;
}

export async function write(
  store: OpenFiles<ContentHandle>,
  handle: Handle,
  position: number | 'end',
  bytes: Uint8Array,
  ctx: CallContext,
): Promise<void> {
  const file = writableFile(store, handle);
  if (position !== 'end') checkWritePosition(position);
  if (bytes.length === 0) return;
  checkRoomToCount(ctx);
  const put = async (): Promise<void> => {
    const size = await sizeOf(file.handle);
    const start = position === 'end' ? size : position;
    checkFileSize(start + bytes.length, ctx.limits, store.fileSizeMax);
    await orCutBack(file.handle, size, async () => {
      await reserve(file.handle, size, start + bytes.length);
      await putAll(file.handle, bytes, start);
    });
  };
  await file.calls.during(() => store.contents.during({ key: file.key, hold: 'exclusive' }, ctx.signal, put));
}

/** Grows a file that may get larger than its file system allows before a byte is written, so that `EFBIG` leaves it whole. */
export async function reserve(handle: ContentHandle, size: number, end: number): Promise<void> {
  if (end > size && end > SIZE_THAT_FITS) await handle.truncate(end);
}

/** After a failure, a full disk for one, the file has its size again; bytes that were written over stay so. */
export async function orCutBack<T>(
  handle: ContentHandle,
  size: number,
  change: () => Promise<T>,
): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const after = await sizeOf(handle).catch(() => size);
    if (after > size) await handle.truncate(size).catch(() => undefined);
    throw error;
  }
}

export async function putAll(handle: ContentHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
