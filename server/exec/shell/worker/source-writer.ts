import { Writable } from 'node:stream';
import { InputSource } from './input-source.ts';

/** Bytes that wait for a reader. */
const WAITING_MAX = 256 * 1024;

/** A pipe whose reading end is an input that readers take turns at. */
export class SourceWriter extends Writable {
  readonly source: InputSource;
  #waiting = 0;
  #proceed: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 64 * 1024 });
    this.source = new InputSource((bytes) => this.#used(bytes));
    this.on('error', () => {});
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // The writer may use its memory again.
    this.source.push(Buffer.from(chunk));
    this.#waiting += chunk.length;
    if (this.#waiting < WAITING_MAX) done();
    else this.#proceed = done;
  }

  override _final(done: () => void): void {
    this.source.end();
    done();
  }

  #used(bytes: number): void {
    this.#waiting -= bytes;
    if (this.#waiting >= WAITING_MAX) return;
    const proceed = this.#proceed;
    this.#proceed = undefined;
    proceed?.();
  }
}
