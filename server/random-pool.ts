import { randomFillSync } from 'node:crypto';

/** Bytes fetched at once. */
const POOL_BYTES = 4096;

/** Random bytes for those who often need a few: a call to the system's source costs as much as thousands of bytes of it. */
export class RandomPool {
  readonly #pool = Buffer.alloc(POOL_BYTES);
  #used = POOL_BYTES;

  /** At most 4,096 bytes, good until the next call. Each byte is given out once. */
  take(length: number): Buffer {
    if (this.#used + length > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    this.#used += length;
    return this.#pool.subarray(this.#used - length, this.#used);
  }
}
