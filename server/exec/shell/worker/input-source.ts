/** What is typed or sent to a shell, for one reader after the other: what one leaves is there for the next. */
export class InputSource {
  readonly #chunks: Uint8Array[] = [];
  readonly #used: (bytes: number) => void;
  #ended = false;
  #wake: () => void = () => {};

  /** `used` is told of bytes that a reader has taken. */
  constructor(used: (bytes: number) => void = () => {}) {
    this.#used = used;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Ctrl-D on a terminal ends the input for one reader; the next one begins anew. */
  reopen(): void {
    this.#ended = false;
  }

  /** What a reader took and had no use for. */
  unshift(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#chunks.unshift(bytes);
  }

  /** Everything that is here, without waiting. */
  drain(): Uint8Array {
    const all = Buffer.concat(this.#chunks.splice(0));
    this.#used(all.length);
    return all;
  }

  /** The next bytes, at most `limit`; absent at the end, or once `signal` has aborted. */
  async chunk(signal?: AbortSignal, limit = Infinity): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#ended || signal?.aborted === true) return undefined;
      await this.#more(signal);
    }
    if (signal?.aborted === true) return undefined;
    const first = this.#chunks.shift() as Uint8Array;
    const taken = first.subarray(0, limit);
    this.unshift(first.subarray(taken.length));
    this.#used(taken.length);
    return taken;
  }

  /** Bytes up to and with the next newline, at most `limit`; fewer at the end, absent where nothing is left. */
  async line(signal?: AbortSignal, limit = Infinity): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let length = 0;
    while (length < limit) {
      const chunk = await this.chunk(signal, limit - length);
      if (chunk === undefined) break;
      const end = chunk.indexOf(10) + 1;
      if (end === 0) {
        parts.push(chunk);
        length += chunk.length;
        continue;
      }
      parts.push(chunk.subarray(0, end));
      this.#giveBack(chunk.subarray(end));
      break;
    }
    return parts.length === 0 ? undefined : Buffer.concat(parts);
  }

  /** All bytes to the end; throws a `RangeError` beyond `limit`. */
  async all(limit: number, signal?: AbortSignal): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const chunk = await this.chunk(signal);
      if (chunk === undefined) return Buffer.concat(parts);
      length += chunk.length;
      if (length > limit) throw new RangeError(`more than ${limit} bytes of input`);
      parts.push(chunk);
    }
  }

  /** They will be taken, and told of, again. */
  #giveBack(bytes: Uint8Array): void {
    this.unshift(bytes);
    this.#used(-bytes.length);
  }

  #more(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal?.removeEventListener('abort', done);
        this.#wake = () => {};
        resolve();
      };
      this.#wake = done;
      signal?.addEventListener('abort', done);
    });
  }
}
