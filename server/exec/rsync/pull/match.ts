import { Pace } from '../../pace.ts';
import { CANDIDATES_MAX, type BlockSums } from '../sums/block-sums.ts';
import type { Digest } from '../sums/digest.ts';
import { weakSum } from '../sums/weak-sum.ts';
import type { TokenWriter } from '../tokens/index.ts';
import type { SourceFile } from './source-file.ts';

/** Positions searched before anything else gets a turn, and bytes of a literal before it is sent. */
const SPAN = 32 * 1024;

/** Sends a whole file without looking for blocks. */
export async function sendWhole(
  file: SourceFile,
  from: number,
  tokens: TokenWriter,
  digest: Digest,
): Promise<void> {
  const pace = new Pace();
  for (let at = from; at < file.size;) {
    const bytes = await file.window(at, Math.min(file.size, at + 1));
    digest.update(bytes);
    await tokens.literal(bytes);
    at += bytes.length;
    if (pace.due) await pace.rest();
  }
}

/** The receiver has these bytes already. */
export async function hashOnly(file: SourceFile, length: number, digest: Digest): Promise<void> {
  const pace = new Pace();
  for (let at = 0; at < length;) {
    const bytes = (await file.window(at, at + 1)).subarray(0, length - at);
    digest.update(bytes);
    at += bytes.length;
    if (pace.due) await pace.rest();
  }
}

/**
 * Finds the receiver's blocks in a file, wherever they are, and sends the rest as literals (hash_search, match.c).
 * `inplace`: blocks that are overwritten before they are reached cannot be used.
 */
export async function sendMatched(
  file: SourceFile,
  sums: BlockSums,
  strong: (block: Uint8Array) => Uint8Array,
  inplace: boolean,
  tokens: TokenWriter,
  digest: Digest,
): Promise<void> {
  const search = new Search(sums, strong, inplace);
  const { blockLength, remainder, count } = sums.head;
  const pace = new Pace();
  /** Up to here everything is sent. */
  let sent = 0;
  let at = 0;
  const literal = async (end: number): Promise<void> => {
    if (end === sent) return;
    const bytes = (await file.window(sent, end)).subarray(0, end - sent);
    digest.update(bytes);
    await tokens.literal(bytes);
    sent = end;
  };
  const matched = async (block: number, bytes: Uint8Array): Promise<void> => {
    await tokens.block(block, bytes);
    digest.update(bytes);
  };
  while (at + blockLength <= file.size) {
    const last = Math.min(at + SPAN, file.size - blockLength);
    const bytes = await file.window(sent, last + blockLength);
    const found = search.scan(bytes, at - sent, last - sent, sent);
    if (found === undefined) {
      at = last + 1;
      if (at - sent >= SPAN) await literal(at);
    } else {
      at = sent + found.at;
      await literal(at);
      const block = (await file.window(at, at + blockLength)).subarray(0, blockLength);
      await matched(found.block, block);
      at += blockLength;
      sent = at;
    }
    if (pace.due) await pace.rest();
  }
  // The last block is shorter than others, and can only be the end of the file.
  const tail = file.size - remainder;
  if (remainder > 0 && tail >= at) {
    const bytes = (await file.window(sent, file.size)).subarray(tail - sent);
    if (search.isBlock(bytes, count - 1, tail)) {
      await literal(tail);
      const block = (await file.window(tail, file.size)).subarray(0, remainder);
      await matched(count - 1, block);
      sent = file.size;
    }
  }
  await literal(file.size);
}

class Search {
  readonly #sums: BlockSums;
  readonly #strong: (block: Uint8Array) => Uint8Array;
  readonly #inplace: boolean;
  /** The block after the one that matched last: runs are to stay together. */
  #wanted = -1;

  constructor(sums: BlockSums, strong: (block: Uint8Array) => Uint8Array, inplace: boolean) {
    this.#sums = sums;
    this.#strong = strong;
    this.#inplace = inplace;
  }

  /** The first position from `from` to `to` where a whole block begins. `base`: where the bytes are in the file. */
  scan(
    bytes: Uint8Array,
    from: number,
    to: number,
    base: number,
  ): { readonly at: number; readonly block: number } | undefined {
    const { blockLength } = this.#sums.head;
    const { heads, shift } = this.#sums;
    const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    const weak = weakSum(bytes.subarray(from, from + blockLength));
    let low = weak & 0xffff;
    let high = weak >>> 16;
    for (let at = from; ; at++) {
      const sum = (low & 0xffff) | (high << 16);
      if ((heads[Math.imul(sum, 0x9e37_79b1) >>> shift] as number) >= 0 && this.#sums.hasWeak(sum)) {
        const block = this.#find(sum, bytes.subarray(at, at + blockLength), base + at);
        if (block >= 0) return { at, block };
      }
      if (at >= to) return undefined;
      const out = signed[at] as number;
      low = (low - out + (signed[at + blockLength] as number)) | 0;
      high = (high - Math.imul(blockLength, out) + low) | 0;
    }
  }

  /** Whether the bytes are this very block, the last one. */
  isBlock(bytes: Uint8Array, block: number, position: number): boolean {
    if (!this.#usable(block, position) || weakSum(bytes) !== this.#sums.weak(block)) return false;
    return this.#sums.hasStrong(block, this.#strong(bytes));
  }

  #find(weak: number, bytes: Uint8Array, position: number): number {
    let digest: Uint8Array | undefined;
    const matches = (block: number): boolean => {
      if (
        this.#sums.weak(block) !== weak ||
        this.#sums.length(block) !== bytes.length ||
        !this.#usable(block, position)
      )
        return false;
      digest ??= this.#strong(bytes);
      return this.#sums.hasStrong(block, digest);
    };
    const { count } = this.#sums.head;
    if (this.#wanted >= 0 && this.#wanted < count && matches(this.#wanted)) return this.#take(this.#wanted);
    let tries = 0;
    for (
      let block = this.#sums.bucket(weak);
      block >= 0 && tries < CANDIDATES_MAX;
      block = this.#sums.next(block), tries++
    )
      if (matches(block)) return this.#take(block);
    return -1;
  }

  #take(block: number): number {
    this.#wanted = block + 1;
    return block;
  }

  #usable(block: number, position: number): boolean {
    return !this.#inplace || block * this.#sums.head.blockLength >= position;
  }
}
