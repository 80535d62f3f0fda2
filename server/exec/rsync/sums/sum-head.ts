import { protocolError } from '../exit.ts';
import type { Input } from '../wire/input.ts';
import type { Output } from '../wire/output.ts';

/** What the sums of a basis file look like (struct sum_struct, rsync.h). */
export interface SumHead {
  readonly count: number;
  readonly blockLength: number;
  /** Bytes of a strong sum. */
  readonly strongLength: number;
  /** Bytes of the last block where it is shorter; else 0. */
  readonly remainder: number;
}

export const NO_SUMS: SumHead = { count: 0, blockLength: 0, strongLength: 0, remainder: 0 };

/** MAX_BLOCK_SIZE and OLD_MAX_BLOCK_SIZE, rsync.h. */
export function blockLengthMax(protocol: number): number {
  return protocol < 30 ? 2 ** 29 : 2 ** 17;
}

/** read_sum_head, io.c. */
export function readSumHead(input: Input, protocol: number, digestLength: number): Promise<SumHead> {
  return input.parse((bytes) => {
    const count = bytes.int();
    const blockLength = bytes.int();
    const strongLength = bytes.int();
    const remainder = bytes.int();
    if (count < 0) throw protocolError(`the number of blocks is not valid: ${count}`);
    if (blockLength < 0 || blockLength > blockLengthMax(protocol) || (blockLength === 0 && count > 0))
      throw protocolError(`the length of a block is not valid: ${blockLength}`);
    if (strongLength < 0 || strongLength > digestLength)
      throw protocolError(`the length of a checksum is not valid: ${strongLength}`);
    if (remainder < 0 || remainder > blockLength)
      throw protocolError(`the length of the last block is not valid: ${remainder}`);
    return { count, blockLength, strongLength, remainder };
  });
}

/** write_sum_head, io.c. */
export function writeSumHead(output: Output, head: SumHead): void {
  output.int(head.count);
  output.int(head.blockLength);
  output.int(head.strongLength);
  output.int(head.remainder);
}

/** Bytes of the file that the sums are of. */
export function coveredLength({ count, blockLength, remainder }: SumHead): number {
  return count * blockLength - (remainder === 0 ? 0 : blockLength - remainder);
}

/** Bytes of one block. */
export function lengthOfBlock({ count, blockLength, remainder }: SumHead, index: number): number {
  return index === count - 1 && remainder !== 0 ? remainder : blockLength;
}
