import type { ByteChannel, ChannelReader } from '../byte-channel.ts';
import type { ReceiveQueue } from './receive-queue.ts';
import type { SendQueue } from './send-queue.ts';

/** Bytes on their way before the writer is asked to wait. */
export const UNSENT_MAX = 1024 * 1024;

/** What it needs of its channel. */
export interface DirectLink {
  readonly incoming: ReceiveQueue;
  readonly outgoing: SendQueue;
  /** The reader has taken so many bytes. */
  taken(bytes: number): void;
  /** Nothing more is written. */
  end(): void;
}

/** The data of a channel for one reader, in place of the channel's stream. */
export class DirectStream implements ByteChannel {
  readonly #link: DirectLink;
  #reader: ChannelReader | undefined;
  #paused = false;
  #delivering = false;
  /** The client has said that no more comes, and the reader has not been told. */
  #eof = false;
  #unsent = 0;
  #blocked = false;

  constructor(link: DirectLink) {
    this.#link = link;
  }

  /** Does anybody read it? */
  get active(): boolean {
    return this.#reader !== undefined;
  }

  begin(reader: ChannelReader): void {
    this.#reader = reader;
    this.#deliver();
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  write(bytes: Uint8Array, done: () => void): boolean {
    const { length } = bytes;
    this.#unsent += length;
    this.#link.outgoing.push(bytes, false, () => {
      this.#unsent -= length;
      done();
      this.#relieve();
    });
    if (this.#unsent >= UNSENT_MAX) this.#blocked = true;
    return !this.#blocked;
  }

  end(): void {
    this.#link.end();
  }

  /** Bytes have come. */
  receive(bytes: Buffer): void {
    const { incoming } = this.#link;
    if (this.#paused || this.#delivering || !incoming.empty) return incoming.push(bytes);
    this.#hand(bytes);
    // The reader may have paused and gone on meanwhile, or have let more come.
    this.#deliver();
  }

  /** No more will come. */
  receiveEof(): void {
    this.#eof = true;
    this.#deliver();
  }

  /** The channel is gone. */
  gone(): void {
    this.#reader?.gone();
  }

  #deliver(): void {
    if (this.#delivering || this.#reader === undefined) return;
    this.#delivering = true;
    try {
      while (!this.#paused) {
        const chunk = this.#link.incoming.shift();
        if (chunk === undefined) break;
        this.#hand(chunk);
      }
    } finally {
      this.#delivering = false;
    }
    if (!this.#eof || !this.#link.incoming.empty) return;
    this.#eof = false;
    this.#reader.end();
  }

  #hand(bytes: Buffer): void {
    this.#reader?.data(bytes);
    this.#link.taken(bytes.length);
  }

  #relieve(): void {
    if (!this.#blocked || this.#unsent > 0) return;
    this.#blocked = false;
    this.#reader?.drain();
  }
}
