/** Chunks below this are copied together, since each chunk by itself costs far more memory than its bytes. */
const SMALL = 1024;
const GATHERED = 16 * 1024;

/** Bytes that have come and that nobody has asked for yet, in order. */
export class ReceiveQueue {
  readonly #chunks: Buffer[] = [];
  /** The last chunk when it is one of ours with room left: how much of it is used. */
  #used: number | undefined;

  get empty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Keeps `chunk` itself where it is large. */
  push(chunk: Buffer): void {
    if (chunk.length >= SMALL) {
      this.#close();
      this.#chunks.push(chunk);
      return;
    }
    if (this.#used === undefined || this.#used + chunk.length > GATHERED) {
      this.#close();
      this.#chunks.push(Buffer.allocUnsafeSlow(GATHERED));
      this.#used = 0;
    }
    (this.#chunks.at(-1) as Buffer).set(chunk, this.#used);
    this.#used += chunk.length;
  }

  shift(): Buffer | undefined {
    if (this.#chunks.length === 1) this.#close();
    return this.#chunks.shift();
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#used = undefined;
  }

  #close(): void {
    if (this.#used === undefined) return;
    const last = this.#chunks.length - 1;
    this.#chunks[last] = (this.#chunks[last] as Buffer).subarray(0, this.#used);
    this.#used = undefined;
  }
}
