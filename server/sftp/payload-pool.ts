import { DATA_MAX } from './protocol.ts';

/** Sizes of buffers, smallest first, and how many idle ones of each are kept. */
const CLASSES = [
  { size: 32 * 1024, kept: 32 },
  { size: DATA_MAX, kept: 8 },
] as const;

/**
 * Buffers for the data of WRITEs, used again once their request is answered: fresh ones for each packet keep the
 * garbage collector busier than the rest of an upload. Shared by all sessions of a server; about 3 MiB at most.
 */
export class PayloadPool {
  readonly #idle: readonly Buffer[][] = CLASSES.map(() => []);
  readonly #givenOut = new WeakSet<ArrayBufferLike>();

  /** A buffer of exactly `length` bytes, whose content is arbitrary. */
  take(length: number): Buffer {
    const index = CLASSES.findIndex(({ size }) => length <= size);
    const size = CLASSES[index]?.size;
    if (size === undefined) return Buffer.allocUnsafeSlow(length);
    const slab = this.#idle[index]?.pop() ?? Buffer.allocUnsafeSlow(size);
    this.#givenOut.add(slab.buffer);
    return slab.subarray(0, length);
  }

  /** Nobody uses the buffer any more. One that `take` did not give out is left alone. */
  giveBack(buffer: Uint8Array): void {
    const slab = buffer.buffer;
    if (!this.#givenOut.delete(slab)) return;
    const index = CLASSES.findIndex(({ size }) => slab.byteLength === size);
    const idle = this.#idle[index];
    if (idle === undefined || idle.length >= (CLASSES[index]?.kept ?? 0)) return;
    idle.push(Buffer.from(slab as ArrayBuffer));
  }
}
