/** Buffers of one size that are used again: a new one costs more than what is done with it, and the garbage collector as much again. */
export class SpareBuffers {
  readonly #size: number;
  readonly #kept: number;
  readonly #spare: Uint8Array[] = [];

  /** `size`: bytes of each; `kept`: how many at most wait to be used again. */
  constructor(size: number, kept: number) {
    this.#size = size;
    this.#kept = kept;
  }

  /** Its content is arbitrary. */
  take(): Uint8Array {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#size);
  }

  /** Nobody uses the buffer any more. One of another size is left alone. */
  giveBack(buffer: Uint8Array): void {
    if (buffer.length === this.#size && this.#spare.length < this.#kept) this.#spare.push(buffer);
  }

  /** Lets go of those that wait. */
  clear(): void {
    this.#spare.length = 0;
  }
}
