/** Bytes in a slab: a burst of a channel with the overhead of its packets. */
const SLAB = 320 * 1024;
/** What is smaller is not worth keeping. */
const SMALLEST = 16 * 1024;

/** A buffer to write to a socket, and what to call when the socket is done with it. */
export interface Borrowed {
  readonly bytes: Buffer;
  readonly release: (() => void) | undefined;
}

/**
 * Large buffers used again and again: a fresh one for each write costs the kernel's zeroing of its pages, which is
 * a third of what encrypting them costs.
 */
export class Slabs {
  readonly #free: Buffer[] = [];
  readonly #keep: number;

  constructor(keep = 8) {
    this.#keep = keep;
  }

  borrow(size: number): Borrowed {
    if (size < SMALLEST || size > SLAB) return { bytes: Buffer.allocUnsafe(size), release: undefined };
    const slab = this.#free.pop() ?? Buffer.allocUnsafeSlow(SLAB);
    let released = false;
    const release = (): void => {
      if (!released && this.#free.length < this.#keep) this.#free.push(slab);
      released = true;
    };
    return { bytes: slab.subarray(0, size), release };
  }
}
