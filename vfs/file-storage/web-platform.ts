import { VfsError } from '../errors.ts';
import { encode } from './encodings.ts';
import { STREAM_ROOM } from './file-streams.ts';
import type { PlatformFunctions } from './platform.ts';

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
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      try {
        await opening;
        signal?.throwIfAborted();
        const bytes = await source.read(highWaterMark);
        signal?.throwIfAborted();
        if (bytes.length > 0) return controller.enqueue(bytes);
        await source.close();
        controller.close();
      } catch (error) {
        await source.close().catch(() => undefined);
        throw error;
      }
    };
    const size = (bytes: Uint8Array | undefined): number => bytes?.length ?? 0;
    return new ReadableStream({ pull, cancel: () => source.close() }, { highWaterMark, size });
  },

  writable(sink, { highWaterMark = STREAM_ROOM, signal, encoding }) {
    const opening = sink.open();
    opening.catch(() => undefined);
    const write = async (chunk: string | Uint8Array): Promise<void> => {
      try {
        await opening;
        signal?.throwIfAborted();
        await sink.write(encode(chunk, encoding ?? undefined));
      } catch (error) {
        await sink.close().catch(() => undefined);
        throw error;
      }
    };
    const close = async (): Promise<void> => {
      await opening;
      await sink.close();
    };
    const size = (chunk: string | Uint8Array | undefined): number => chunk?.length ?? 0;
    const stream = new WritableStream({ write, close, abort: () => sink.close() }, { highWaterMark, size });
    return stream;
  },
};
