import { Readable } from 'node:stream';
import type { InputSource } from './input-source.ts';

/** The session's input as one program's standard input: what the program leaves is there for the next one. */
export class StageInput extends Readable {
  readonly #source: InputSource;
  readonly #ending = new AbortController();

  constructor(source: InputSource) {
    // Takes a chunk only when the program wants one.
    super({ highWaterMark: 1 });
    this.#source = source;
    this.on('error', () => {});
  }

  override _read(): void {
    void this.#source.chunk(this.#ending.signal).then((chunk) => {
      if (this.#ending.signal.aborted) this.#source.unshift(chunk ?? new Uint8Array(0));
      else this.push(chunk ?? null);
    });
  }

  /** Gives back what was read ahead. */
  release(): void {
    this.#ending.abort();
    const rest = this.read() as Buffer | null;
    if (rest !== null) this.#source.unshift(rest);
    this.destroy();
  }
}
