import type { Readable } from 'node:stream';

const NEWLINE = 0x0a;

/** Takes bytes off a stream as a protocol needs them. A wait ends with the signal's reason when it aborts. */
export class ByteReader {
  readonly #stream: Readable;
  readonly #signal: AbortSignal;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
  }

  /** Whatever is there next, at most `max` bytes; undefined at the end. A view, good until the next call. */
  async some(max: number): Promise<Buffer | undefined> {
    if (this.#rest.length === 0) {
      const chunk = await this.#chunk();
      if (chunk === undefined) return undefined;
      this.#rest = chunk;
    }
    const taken = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(max);
    return taken;
  }

  /** The next bytes without taking them; fewer only at the end. */
  async peek(length: number): Promise<Buffer> {
    while (this.#rest.length < length) {
      const chunk = await this.#chunk();
      if (chunk === undefined) break;
      this.#rest = Buffer.concat([this.#rest, chunk]);
    }
    return this.#rest.subarray(0, length);
  }

  /** Fills the target and answers how many bytes there were; fewer only at the end. */
  async fill(target: Uint8Array): Promise<number> {
    let length = 0;
    while (length < target.length) {
      const bytes = await this.some(target.length - length);
      if (bytes === undefined) break;
      target.set(bytes, length);
      length += bytes.length;
    }
    return length;
  }

  /** The next byte; undefined at the end. */
  async byte(): Promise<number | undefined> {
    return (await this.some(1))?.[0];
  }

  /** Bytes up to a newline, it included, or `max` of them, or fewer at the end; undefined where nothing is left. */
  async line(max: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for (let length = 0; length < max;) {
      const bytes = await this.some(max - length);
      if (bytes === undefined) break;
      const end = bytes.indexOf(NEWLINE);
      if (end >= 0) {
        this.#rest = Buffer.concat([bytes.subarray(end + 1), this.#rest]);
        return Buffer.concat([...parts, bytes.subarray(0, end + 1)]);
      }
      parts.push(Buffer.from(bytes));
      length += bytes.length;
    }
    return parts.length === 0 ? undefined : Buffer.concat(parts);
  }

  async #chunk(): Promise<Buffer | undefined> {
    for (;;) {
      this.#signal.throwIfAborted();
      const chunk = this.#stream.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#stream.readableEnded || this.#stream.destroyed) return undefined;
      await arrival(this.#stream, this.#signal);
    }
  }
}

/** Waits until there is something to read, or nothing more will come. */
function arrival(stream: Readable, signal: AbortSignal): Promise<void> {
  const events = ['readable', 'end', 'close', 'error'];
  return new Promise((resolve, reject) => {
    const done = (act: () => void) => () => {
      for (const event of events) stream.off(event, proceed);
      signal.removeEventListener('abort', abort);
      act();
    };
    const proceed = done(resolve);
    const abort = done(() => reject(signal.reason as Error));
    for (const event of events) stream.once(event, proceed);
    signal.addEventListener('abort', abort);
  });
}
