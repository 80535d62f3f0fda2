import type { Encoding } from './encodings.ts';

/** What bytes and streams are where a program runs; types alone. */
export interface Platform {
  readonly bytes: Uint8Array;
  readonly readable: object;
  readonly writable: object;
}

/** Content that comes out of an open file, piece by piece. */
export interface ByteSource {
  readonly path: string;
  /** Opens the file and answers its number; anything else waits for it. */
  open(): Promise<number>;
  /** At most `length` bytes; none at the end. */
  read(length: number): Promise<Uint8Array>;
  /** Again: nothing. */
  close(): Promise<void>;
}

/** Content that goes into an open file, piece by piece. */
export interface ByteSink {
  readonly path: string;
  open(): Promise<number>;
  write(bytes: Uint8Array): Promise<void>;
  /** Fails where what was written could not be kept. Again: nothing. */
  close(): Promise<void>;
}

/** What a stream of either direction is told. */
export interface StreamOptions {
  /** Bytes that wait in it at most before it holds its other side back. Default: 64 KiB. */
  readonly highWaterMark?: number | undefined;
  /** Ends it with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Text in place of bytes. */
  readonly encoding?: Encoding | null | undefined;
}

/** Makes the bytes and streams of a platform. */
export interface PlatformFunctions<P extends Platform> {
  bytes(bytes: Uint8Array): P['bytes'];
  readable(source: ByteSource, options: StreamOptions): P['readable'];
  writable(sink: ByteSink, options: StreamOptions): P['writable'];
}
