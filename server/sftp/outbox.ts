import { copyBytes } from '../../vfs/copy-bytes.ts';
import type { ByteChannel } from '../byte-channel.ts';

/** What SSH carries in one packet with the usual limits; a channel cuts longer writes into such pieces. */
const BLOCK_SIZE = 32 * 1024;
/** Blocks are cut from pieces of this size. */
const SLAB_SIZE = 2 * BLOCK_SIZE;

/**
 * Collects answers and writes them to the channel together: what is ready in one tick goes out at its end, in order
 * and in full blocks, so that many small answers, or a long one with its head, cost no packets of their own.
 */
export class Outbox {
  readonly #channel: Pick<ByteChannel, 'write'>;
  #slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
  /** The unwritten part of the slab. */
  #start = 0;
  #end = 0;
  #scheduled = false;
  #blocked = false;
  #closed = false;
  #bytesWritten = 0;

  constructor(channel: Pick<ByteChannel, 'write'>) {
    this.#channel = channel;
  }

  /** The channel has room again. */
  drained(): void {
    this.#blocked = false;
  }

  /** The client does not take what is written: nothing that makes answers should begin before the channel has room. */
  get blocked(): boolean {
    return this.#blocked;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** Adds a copy of the bytes. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const size = Math.min(bytes.length - at, BLOCK_SIZE - (this.#end - this.#start));
      copyBytes(size === bytes.length ? bytes : bytes.subarray(at, at + size), this.#slab, this.#end);
      this.#end += size;
      at += size;
      if (this.#end - this.#start === BLOCK_SIZE) this.flush();
    }
    this.#schedule();
  }

  /** Adds bytes that nobody changes before `release`: whole blocks of them go out without being copied. */
  addOwned(bytes: Uint8Array, release: () => void = () => {}): void {
    const waiting = this.#end - this.#start;
    const begin = waiting === 0 ? 0 : Math.min(BLOCK_SIZE - waiting, bytes.length);
    const whole = bytes.length - begin - ((bytes.length - begin) % BLOCK_SIZE);
    if (whole === 0) {
      this.add(bytes);
      return release();
    }
    this.add(bytes.subarray(0, begin));
    // The blocks may have gone before the rest is copied.
    let uses = 2;
    const done = (): void => {
      if (--uses === 0) release();
    };
    this.#write(bytes.subarray(begin, begin + whole), done);
    this.add(bytes.subarray(begin + whole));
    done();
  }

  /** Writes what has been collected. */
  flush(): void {
    if (this.#end === this.#start) return;
    this.#write(this.#slab.subarray(this.#start, this.#end));
    this.#start = this.#end;
    if (SLAB_SIZE - this.#start >= BLOCK_SIZE) return;
    // What was written belongs to the channel now.
    this.#slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
    this.#start = 0;
    this.#end = 0;
  }

  /** The channel is gone: from now on everything is thrown away. */
  close(): void {
    this.#closed = true;
  }

  /** `done` is called when the channel needs the bytes no more. */
  #write(bytes: Uint8Array, done: () => void = () => {}): void {
    if (this.#closed) return done();
    this.#bytesWritten += bytes.length;
    if (!this.#channel.write(bytes, done)) this.#blocked = true;
  }

  /** After all promises that settle in this tick, and before the event loop turns. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
