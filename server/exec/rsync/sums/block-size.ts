import { blockLengthMax, NO_SUMS, type SumHead } from './sum-head.ts';

/** BLOCK_SIZE, rsync.h. */
const SMALLEST_BLOCK = 700;
/** Bits of a false match that are accepted in a whole file (BLOCKSUM_BIAS). */
const BIAS = 10;

/** How a basis of `length` bytes is cut into blocks (sum_sizes_sqroot, generator.c). `full`: strong sums of full length. */
export function planSums(
  length: number,
  options: {
    readonly blockSize: number;
    readonly protocol: number;
    readonly digestLength: number;
    readonly full: boolean;
  },
): SumHead {
  if (length === 0) return NO_SUMS;
  const blockLength =
    options.blockSize > 0
      ? Math.min(options.blockSize, blockLengthMax(options.protocol))
      : rootOf(length, options.protocol);
  const most = Math.min(16, options.digestLength);
  const strongLength = options.full ? most : Math.min(most, Math.max(2, bytesForSafety(length, blockLength)));
  return {
    count: Math.ceil(length / blockLength),
    blockLength,
    strongLength,
    remainder: length % blockLength,
  };
}

/** About the square root, in steps of 8. */
function rootOf(length: number, protocol: number): number {
  if (length <= SMALLEST_BLOCK * SMALLEST_BLOCK) return SMALLEST_BLOCK;
  const most = blockLengthMax(protocol);
  let step = 1;
  for (let left = Math.floor(length / 4); left > 0; left = Math.floor(left / 4)) step *= 2;
  if (step >= most) return most;
  let root = 0;
  for (; step >= 8; step >>= 1) if ((root + step) ** 2 <= length) root += step;
  return Math.max(root, SMALLEST_BLOCK);
}

/** Longer strong sums for longer files, so that a false match stays unlikely. */
function bytesForSafety(length: number, blockLength: number): number {
  const bits = Math.max(0, BIAS + 2 * Math.floor(Math.log2(length)) - Math.floor(Math.log2(blockLength)));
  return Math.floor((bits + 1 - 32 + 7) / 8);
}
