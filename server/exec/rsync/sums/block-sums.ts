import { Pace } from '../../pace.ts';
import { Input } from '../wire/input.ts';
import { lengthOfBlock, type SumHead } from './sum-head.ts';

/** Sums in memory at most; of a larger file all is sent. */
const COUNT_MAX = 2 ** 22;
/** Blocks of one hash that are compared with one position. */
export const CANDIDATES_MAX = 1024;
/** Sums read between two looks at the clock. */
const STRIDE = 4096;

/** The sums of a basis, found by their weak ones (build_hash_table, match.c). */
export class BlockSums {
  readonly head: SumHead;
  readonly #weak: Int32Array;
  readonly #strong: Uint8Array;
  /** By hash: the first block, and by block: the next with the same hash; -1 ends. */
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #shift: number;

  private constructor(head: SumHead, weak: Int32Array, strong: Uint8Array) {
    this.head = head;
    this.#weak = weak;
    this.#strong = strong;
    const bits = Math.min(22, Math.max(10, Math.ceil(Math.log2(head.count)) + 3));
    this.#shift = 32 - bits;
    this.#heads = new Int32Array(2 ** bits).fill(-1);
    this.#next = new Int32Array(head.count);
  }

  /** Reads the sums that follow a head (receive_sums, sender.c). Absent where there are none, or too many to keep. */
  static async read(input: Input, head: SumHead): Promise<BlockSums | undefined> {
    if (head.count === 0) return undefined;
    if (head.count > COUNT_MAX) {
      await input.skip(head.count * (4 + head.strongLength));
      return undefined;
    }
    const pace = new Pace();
    const weak = new Int32Array(head.count);
    const strong = new Uint8Array(head.count * head.strongLength);
    for (let index = 0; index < head.count; index++) {
      await readOne(input, head, weak, strong, index);
      if (index % STRIDE === 0 && pace.due) await pace.rest();
    }
    const sums = new BlockSums(head, weak, strong);
    await sums.#index(pace);
    return sums;
  }

  /** Where the search begins for a weak sum: a place of the table. */
  bucket(weak: number): number {
    return this.#heads[Math.imul(weak, 0x9e37_79b1) >>> this.#shift] ?? -1;
  }

  /** Whether some block has this weak sum: most positions whose hash is in the table do not, and cost no more than this. */
  hasWeak(weak: number): boolean {
    let tries = 0;
    for (
      let block = this.bucket(weak);
      block >= 0 && tries < CANDIDATES_MAX;
      block = this.#next[block] as number, tries++
    )
      if (this.#weak[block] === weak) return true;
    return false;
  }

  get heads(): Int32Array {
    return this.#heads;
  }

  get shift(): number {
    return this.#shift;
  }

  next(index: number): number {
    return this.#next[index] ?? -1;
  }

  weak(index: number): number {
    return this.#weak[index] ?? 0;
  }

  length(index: number): number {
    return lengthOfBlock(this.head, index);
  }

  hasStrong(index: number, digest: Uint8Array): boolean {
    const { strongLength } = this.head;
    const start = index * strongLength;
    for (let at = 0; at < strongLength; at++) if (this.#strong[start + at] !== digest[at]) return false;
    return true;
  }

  /** Lower blocks come first in their bucket. */
  async #index(pace: Pace): Promise<void> {
    for (let index = this.head.count - 1; index >= 0; index--) {
      const bucket = Math.imul(this.#weak[index] ?? 0, 0x9e37_79b1) >>> this.#shift;
      this.#next[index] = this.#heads[bucket] ?? -1;
      this.#heads[bucket] = index;
      if (index % STRIDE === 0 && pace.due) await pace.rest();
    }
  }
}

async function readOne(
  input: Input,
  { strongLength }: SumHead,
  weak: Int32Array,
  strong: Uint8Array,
  index: number,
): Promise<void> {
  const read = (bytes: Input): void => {
    const value = bytes.int();
    strong.set(bytes.bytes(strongLength), index * strongLength);
    weak[index] = value;
  };
  if (Input.incomplete(input.attempt(read))) await input.parse(read);
}
