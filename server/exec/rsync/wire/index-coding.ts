import { protocolError } from '../exit.ts';
import type { Input } from './input.ts';
import type { Output } from './output.ts';

/** NDX_DONE: a phase has ended. */
export const DONE = -1;
/** NDX_DEL_STATS: counts of what was deleted follow. */
export const DELETE_STATS = -3;

/** How indexes of the file list are read: relative to those before, since protocol 30 (read_ndx, io.c). */
export class IndexReader {
  readonly #relative: boolean;
  #positive = -1;
  #negative = 1;

  constructor(protocol: number) {
    this.#relative = protocol >= 30;
  }

  read(input: Input): Promise<number> {
    return input.parse((bytes) => this.#read(bytes));
  }

  #read(input: Input): number {
    if (!this.#relative) return input.int();
    const first = input.byte();
    if (first === 0) return DONE;
    if (first !== 0xff) return (this.#positive = this.#number(input, first, this.#positive));
    return -(this.#negative = this.#number(input, input.byte(), this.#negative));
  }

  #number(input: Input, first: number, previous: number): number {
    if (first !== 0xfe) return this.#valid(previous + first);
    const high = input.byte();
    if ((high & 0x80) === 0) return this.#valid(previous + ((high << 8) | input.byte()));
    const low = input.byte();
    return this.#valid(low | (input.byte() << 8) | (input.byte() << 16) | ((high & 0x7f) << 24));
  }

  #valid(index: number): number {
    if (index < 0 || index > 0x7fff_ffff) throw protocolError('a file index is out of range');
    return index;
  }
}

/** The counterpart of `IndexReader` (write_ndx, io.c). */
export class IndexWriter {
  readonly #relative: boolean;
  #positive = -1;
  #negative = 1;

  constructor(protocol: number) {
    this.#relative = protocol >= 30;
  }

  write(output: Output, index: number): void {
    if (!this.#relative) return output.int(index);
    if (index === DONE) return output.byte(0);
    if (index >= 0) {
      const step = index - this.#positive;
      this.#positive = index;
      return this.#number(output, index, step);
    }
    const step = -index - this.#negative;
    this.#negative = -index;
    output.byte(0xff);
    return this.#number(output, -index, step);
  }

  #number(output: Output, index: number, step: number): void {
    if (step >= 1 && step <= 253) return output.byte(step);
    output.byte(0xfe);
    if (step >= 0 && step <= 0x7fff) {
      output.byte(step >> 8);
      return output.byte(step & 0xff);
    }
    output.byte((index >> 24) | 0x80);
    output.byte(index & 0xff);
    output.byte((index >> 8) & 0xff);
    return output.byte((index >> 16) & 0xff);
  }
}
