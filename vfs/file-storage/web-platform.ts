import { VfsError } from '../errors.ts';
import { encode } from './encodings.ts';
import { STREAM_ROOM } from './file-streams.ts';
import type { ByteSink, ByteSource, PlatformFunctions } from './platform.ts';

/** What every JavaScript runtime has: plain bytes and web streams. */
export interface WebPlatform {
  readonly bytes: Uint8Array;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<string | Uint8Array>;
}

export const webPlatform: PlatformFunctions<WebPlatform> = {
  bytes: (bytes) => bytes,

  readable(source, { highWaterMark = STREAM_ROOM, signal, encoding }) {
    if (encoding !== undefined && encoding !== null) {
      throw new VfsError('EINVAL', {
        detail: 'a web stream is of bytes: pipe it through a TextDecoderStream',
      });
    }
    const opening = source.open();
    // Whoever reads is told.
    opening.catch(() => undefined);
    let forget = (): void => undefined;
    const start = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      forget = onAbort(signal, (reason) => {
        controller.error(reason);
        void closed(source);
      });
    };
    const end = (): Promise<void> => {
      forget();
      return source.close();
    };
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      try {
        await opening;
        signal?.throwIfAborted();
        const bytes = await source.read(highWaterMark);
        signal?.throwIfAborted();
        if (bytes.length > 0) return controller.enqueue(bytes);
        await end();
        controller.close();
      } catch (error) {
        forget();
        await closed(source);
        throw error;
      }
    };
    const size = (bytes: Uint8Array | undefined): number => bytes?.length ?? 0;
    return new ReadableStream({ start, pull, cancel: end }, { highWaterMark, size });
  },

  writable(sink, { highWaterMark = STREAM_ROOM, signal, encoding }) {
    const opening = sink.open();
    opening.catch(() => undefined);
    let forget = (): void => undefined;
    const start = (controller: WritableStreamDefaultController): void => {
      forget = onAbort(signal, (reason) => {
        controller.error(reason);
        void closed(sink);
      });
    };
    const end = (): Promise<void> => {
      forget();
      return sink.close();
    };
    const write = async (chunk: string | Uint8Array): Promise<void> => {
      try {
        await opening;
        signal?.throwIfAborted();
        await sink.write(encode(chunk, encoding ?? undefined));
      } catch (error) {
        forget();
        await closed(sink);
        throw error;
      }
    };
    const close = async (): Promise<void> => {
      await opening;
      await end();
    };
    const size = (chunk: string | Uint8Array | undefined): number => chunk?.length ?? 0;
    return new WritableStream({ start, write, close, abort: end }, { highWaterMark, size });
  },
};

/** Closes after a failure, which is what the stream's user is told of. */
async function closed(content: ByteSource | ByteSink): Promise<void> {
  await content.close().catch(() => undefined);
}

/** Answers what ends the listening. */
function onAbort(signal: AbortSignal | undefined, act: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => undefined;
  const listener = (): void => act(signal.reason);
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}
