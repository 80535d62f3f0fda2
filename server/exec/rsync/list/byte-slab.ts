/** Bytes of one block; a piece never spans two. */
const BLOCK_BITS = 20;
const BLOCK_BYTES = 1 << BLOCK_BITS;

/** Many small pieces of bytes, each named by a number of 32 bits. */
export class ByteSlab {
  readonly #blocks: Buffer[] = [];
  #used = BLOCK_BYTES;

  /** Text with one character a byte, at most `BLOCK_BYTES` of them. Answers where it is. */
  addText(text: string): number {
    const at = this.#reserve(text.length);
    this.#blocks.at(-1)?.write(text, at & (BLOCK_BYTES - 1), 'latin1');
    return at;
  }

  addBytes(bytes: Uint8Array): number {
    const at = this.#reserve(bytes.length);
    this.#blocks.at(-1)?.set(bytes, at & (BLOCK_BYTES - 1));
    return at;
  }

  text(at: number, length: number): string {
    const start = at & (BLOCK_BYTES - 1);
    return this.#block(at).toString('latin1', start, start + length);
  }

  bytes(at: number, length: number): Uint8Array {
    const start = at & (BLOCK_BYTES - 1);
    return this.#block(at).subarray(start, start + length);
  }

  compare(a: number, aLength: number, b: number, bLength: number): number {
    const left = a & (BLOCK_BYTES - 1);
    const right = b & (BLOCK_BYTES - 1);
    return this.#block(a).compare(this.#block(b), right, right + bLength, left, left + aLength);
  }

  #block(at: number): Buffer {
    return this.#blocks[at >>> BLOCK_BITS] as Buffer;
  }

  #reserve(length: number): number {
    if (this.#used + length > BLOCK_BYTES) {
      this.#blocks.push(Buffer.allocUnsafeSlow(BLOCK_BYTES));
      this.#used = 0;
    }
    const at = (this.#blocks.length - 1) * BLOCK_BYTES + this.#used;
    this.#used += length;
    return at;
  }
}
