import { Writable } from 'node:stream';

/** What programs write, held for the engine, which wants it as one string; throws `TooMuchOutput` into the writer's stream. */
export class Captured extends Writable {
  readonly #chunks: Buffer[] = [];
  readonly #limit: number;
  #length = 0;

  constructor(limit: number) {
    super();
    this.#limit = limit;
    this.on('error', () => {});
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#length += chunk.length;
    if (this.#length > this.#limit) return done(new RangeError('too much output'));
    // The writer may use its memory again.
    this.#chunks.push(Buffer.from(chunk));
    done();
  }

  get tooMuch(): boolean {
    return this.#length > this.#limit;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('latin1');
  }
}
