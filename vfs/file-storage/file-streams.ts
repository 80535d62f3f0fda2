import { VfsError } from '../errors.ts';
import type { FileHandle } from './file-handle.ts';
import type { ByteSink, ByteSource, Platform, StreamOptions } from './platform.ts';

/** Bytes that wait in a stream before it holds its other side back, as Node's streams of files have it. */
export const STREAM_ROOM = 64 * 1024;

export interface ReadStreamOptions extends StreamOptions {
  /** The first byte; absent: where the file stands. */
  readonly start?: number | undefined;
  /** The last byte, which comes too; absent: all. */
  readonly end?: number | undefined;
  /** `false`: the file stays open. Default: true. */
  readonly autoClose?: boolean | undefined;
}

export interface WriteStreamOptions extends StreamOptions {
  /** Where the first byte goes; absent: where the file stands. */
  readonly start?: number | undefined;
  /** `false`: the file stays open. Default: true. */
  readonly autoClose?: boolean | undefined;
  /** What was written survives the loss of power once the stream has finished. Default: false. */
  readonly flush?: boolean | undefined;
}

type Opening<P extends Platform> = () => Promise<FileHandle<P>>;

/** The bytes from `start` to `end` of a file that is opened for it. `EINVAL` for what is no range. */
export function sourceOf<P extends Platform>(
  path: string,
  opening: Opening<P>,
  { start, end = Infinity, autoClose = true }: ReadStreamOptions,
): ByteSource {
  checkPlace('start', start);
  if (end !== Infinity) checkPlace('end', end);
  if (start !== undefined && start > end) throw invalid('start', 'not above end');
  const opened = onceOpened(opening, autoClose);
  let read = 0;
  const first = start ?? 0;
  return {
    path,
    open: opened.open,
    async read(length) {
      const left = end === Infinity ? length : Math.min(length, end - first + 1 - read);
      if (left <= 0) return new Uint8Array(0);
      const file = await opened.file();
      const position = start === undefined ? null : start + read;
      const { buffer, bytesRead } = await file.read(new Uint8Array(left), 0, left, position);
      read += bytesRead;
      return buffer.subarray(0, bytesRead);
    },
    close: opened.close,
  };
}

/** A file that is opened to be written from `start` on, or on from where it stands. */
export function sinkOf<P extends Platform>(
  path: string,
  opening: Opening<P>,
  { start, autoClose = true, flush = false }: WriteStreamOptions,
): ByteSink {
  checkPlace('start', start);
  const opened = onceOpened(opening, autoClose);
  let written = 0;
  return {
    path,
    open: opened.open,
    async write(bytes) {
      const file = await opened.file();
      const position = start === undefined ? null : start + written;
      await file.write(bytes, 0, bytes.length, position);
      written += bytes.length;
    },
    async close() {
      if (flush && opened.isOpen()) await (await opened.file()).sync();
      await opened.close();
    },
  };
}

interface Opened<P extends Platform> {
  readonly open: () => Promise<number>;
  readonly isOpen: () => boolean;
  readonly file: () => Promise<FileHandle<P>>;
  readonly close: () => Promise<void>;
}

function onceOpened<P extends Platform>(opening: Opening<P>, autoClose: boolean): Opened<P> {
  let opened: Promise<FileHandle<P>> | undefined;
  const file = (): Promise<FileHandle<P>> => (opened ??= opening());
  let isOpen = false;
  return {
    file,
    isOpen: () => isOpen,
    async open() {
      const { fd } = await file();
      isOpen = true;
      return fd;
    },
    async close() {
      isOpen = false;
      // What could not be opened has been told of, and need not be closed.
      const handle = await opened?.catch(() => undefined);
      if (autoClose) await handle?.close();
    },
  };
}

function checkPlace(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return;
  throw invalid(name, 'an integer from 0 up');
}

function invalid(name: string, what: string): VfsError {
  return new VfsError('EINVAL', { detail: `${name} must be ${what}` });
}
