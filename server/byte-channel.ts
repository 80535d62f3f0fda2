import type { Duplex } from 'node:stream';

/** Who reads a channel. */
export interface ChannelReader {
  data(bytes: Buffer): void;
  /** Nothing more comes. */
  end(): void;
  /** There is room again, after `write` has answered false. */
  drain(): void;
  /** The channel is gone, or has been closed. */
  gone(): void;
}

/** Bytes both ways for one reader that takes what comes by a function: what a `Duplex` is without its buffers and events, which cost for each piece. */
export interface ByteChannel {
  /** Begins to read; once. */
  begin(reader: ChannelReader): void;
  readonly paused: boolean;
  pause(): void;
  resume(): void;
  /** False: `drain` will be told when more should be written. `done` is called when the channel needs the bytes no more, perhaps at once. */
  write(bytes: Uint8Array, done: () => void): boolean;
  /** Ends the output, after all that was written; nothing where the channel is gone. */
  end(): void;
}

/** A stream as such a channel. */
export function overDuplex(stream: Duplex): ByteChannel {
  return {
    begin(reader) {
      const gone = (): void => reader.gone();
      stream.on('error', gone);
      stream.on('close', gone);
      stream.on('drain', () => reader.drain());
      stream.on('end', () => reader.end());
      stream.on('data', (bytes: Buffer) => reader.data(bytes));
      if (stream.destroyed) gone();
    },
    get paused() {
      return stream.isPaused();
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    write: (bytes, done) => stream.write(bytes, done),
    end: () => void (stream.destroyed || stream.end()),
  };
}
