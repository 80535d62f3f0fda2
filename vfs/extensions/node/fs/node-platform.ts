import { finished, Readable, Writable } from 'node:stream';
import type {
  ByteSink,
  ByteSource,
  PlatformFunctions,
  StreamOptions,
} from '../../../file-storage/platform.ts';
import { STREAM_ROOM } from '../../../file-storage/file-streams.ts';

/** A `Readable` with what `fs.ReadStream` has beside it; emits `open` and `ready` too. */
export interface StorageReadStream extends Readable {
  readonly path: string;
  readonly bytesRead: number;
  readonly pending: boolean;
  close(callback?: (error?: Error | null) => void): void;
}

/** A `Writable` with what `fs.WriteStream` has beside it; emits `open` and `ready` too. */
export interface StorageWriteStream extends Writable {
  readonly path: string;
  readonly bytesWritten: number;
  readonly pending: boolean;
  close(callback?: (error?: Error | null) => void): void;
}

/** Node's bytes and streams. */
export interface NodePlatform {
  readonly bytes: Buffer;
  readonly readable: StorageReadStream;
  readonly writable: StorageWriteStream;
}

type Callback = (error?: Error | null) => void;

export const nodePlatform: PlatformFunctions<NodePlatform> = {
  bytes: ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength),

  readable(source, options) {
    const state = { pending: true, bytes: 0 };
    const stream = new Readable({
      ...streamOptions(options),
      encoding: options.encoding ?? undefined,
      construct(callback) {
        settle(openedBy(this, source, state), callback);
      },
      read(length) {
        source.read(length).then(
          (bytes) => {
            state.bytes += bytes.length;
            this.push(bytes.length === 0 ? null : nodePlatform.bytes(bytes));
          },
          (error: Error) => this.destroy(error),
        );
      },
      destroy: (error, callback) => settle(closed(source, error), callback),
    });
    return withFacts(stream, source.path, state, {
      bytesRead: { get: () => state.bytes },
      close: { value: (callback?: Callback) => ended(stream.destroy(), callback) },
    }) as StorageReadStream;
  },

  writable(sink, options) {
    const state = { pending: true, bytes: 0 };
    const write = async (bytes: Buffer): Promise<void> => {
      await sink.write(bytes);
      state.bytes += bytes.length;
    };
    const stream = new Writable({
      ...streamOptions(options),
      defaultEncoding: options.encoding ?? 'utf8',
      construct(callback) {
        settle(openedBy(this, sink, state), callback);
      },
      // Text has been made bytes before it comes here.
      write: (chunk: Buffer, _, callback) => settle(write(chunk), callback),
      writev: (chunks, callback) =>
        settle(write(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer))), callback),
      // Before `finish`, so that whoever waits for that knows that all was kept.
      final: (callback) => settle(sink.close(), callback),
      destroy: (error, callback) => settle(closed(sink, error), callback),
    });
    return withFacts(stream, sink.path, state, {
      bytesWritten: { get: () => state.bytes },
      close: { value: (callback?: Callback) => ended(stream.end(), callback) },
    }) as StorageWriteStream;
  },
};

interface State {
  pending: boolean;
  bytes: number;
}

function streamOptions({ highWaterMark = STREAM_ROOM, signal }: StreamOptions) {
  return { highWaterMark, emitClose: true, ...(signal !== undefined && { signal }) };
}

async function openedBy(
  stream: Readable | Writable,
  content: ByteSource | ByteSink,
  state: State,
): Promise<void> {
  const fd = await content.open();
  state.pending = false;
  stream.emit('open', fd);
  stream.emit('ready');
}

/** What ended the stream counts for more than what closing fails with. */
async function closed(content: ByteSource | ByteSink, error: Error | null): Promise<void> {
  try {
    await content.close();
  } catch (failure) {
    throw error ?? failure;
  }
  if (error !== null) throw error;
}

function settle(work: Promise<void>, callback: Callback): void {
  // What the callback throws is not the work's failure.
  work.then(
    () => process.nextTick(callback),
    (error: Error) => process.nextTick(callback, error),
  );
}

function ended(stream: Readable | Writable, callback: Callback | undefined): void {
  if (callback !== undefined) finished(stream, () => callback());
}

function withFacts<S extends Readable | Writable>(
  stream: S,
  path: string,
  state: State,
  more: PropertyDescriptorMap,
): S {
  const facts = { path: { value: path }, pending: { get: () => state.pending } };
  return Object.defineProperties(stream, { ...facts, ...more });
}
