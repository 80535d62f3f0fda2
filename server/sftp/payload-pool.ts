import { DATA_MAX } from './protocol.ts';

/** Sizes of buffers, smallest first; how many idle ones of each are kept, and how many there are in shared memory. */
const CLASSES = [
  { size: 32 * 1024, kept: 32, shared: 64 },
  { size: DATA_MAX, kept: 8, shared: 56 },
] as const;

const SHARED_BYTES = CLASSES.reduce((sum, { size, shared }) => sum + size * shared, 0);

/** What a pool gives out in shared memory; pages that nobody has used yet take no memory of the machine. */
export function sharedMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(SHARED_BYTES);
}

/**
 * Buffers for the data of WRITEs and READs, used again once their request is answered: fresh ones for each packet keep the
 * garbage collector busier than the rest of a transfer. Shared by all sessions of a server. What is idle is about 3 MiB at
 * most; with memory that storages in other threads have too, that is given out first.
 */
export class PayloadPool {
  readonly #memory: SharedArrayBuffer | undefined;
  readonly #idle: readonly Buffer[][] = CLASSES.map(() => []);
  readonly #idleShared: readonly Buffer[][] = CLASSES.map(() => []);
  readonly #givenOut = new WeakSet<ArrayBufferLike>();
  /** Those in shared memory, by their offset there. */
  readonly #sharedOut = new Map<number, Buffer>();

  /** `memory`: from `sharedMemory`. */
  constructor(memory?: SharedArrayBuffer) {
    this.#memory = memory;
    if (memory === undefined) return;
    let at = 0;
    for (const [index, { size, shared }] of CLASSES.entries()) {
      for (let count = 0; count < shared; count++, at += size) {
        // What was used last is used next, from the beginning.
        this.#idleShared[index]?.unshift(Buffer.from(memory, at, size));
      }
    }
  }

  /** A buffer of exactly `length` bytes, whose content is arbitrary. */
  take(length: number): Buffer {
    const index = CLASSES.findIndex(({ size }) => length <= size);
    const size = CLASSES[index]?.size;
    if (size === undefined) return Buffer.allocUnsafeSlow(length);
    return (this.#takeShared(index) ?? this.#takeOwn(index, size)).subarray(0, length);
  }

  /** Nobody uses the buffer any more. One that `take` did not give out is left alone. */
  giveBack(buffer: Uint8Array): void {
    if (buffer.buffer === this.#memory) this.#giveBackShared(buffer.byteOffset);
    else this.#giveBackOwn(buffer.buffer);
  }

  #takeShared(index: number): Buffer | undefined {
    const slab = this.#idleShared[index]?.pop();
    if (slab !== undefined) this.#sharedOut.set(slab.byteOffset, slab);
    return slab;
  }

  #takeOwn(index: number, size: number): Buffer {
    const slab = this.#idle[index]?.pop() ?? Buffer.allocUnsafeSlow(size);
    this.#givenOut.add(slab.buffer);
    return slab;
  }

  #giveBackShared(offset: number): void {
    const slab = this.#sharedOut.get(offset);
    if (slab === undefined) return;
    this.#sharedOut.delete(offset);
    this.#idleShared[CLASSES.findIndex(({ size }) => size === slab.length)]?.push(slab);
  }

  #giveBackOwn(slab: ArrayBufferLike): void {
    if (!this.#givenOut.delete(slab)) return;
    const index = CLASSES.findIndex(({ size }) => slab.byteLength === size);
    const idle = this.#idle[index];
    if (idle === undefined || idle.length >= (CLASSES[index]?.kept ?? 0)) return;
    idle.push(Buffer.from(slab as ArrayBuffer));
  }
}
