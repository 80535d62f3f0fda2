/*
 * A file is chunks of 131,072 bytes. An absent chunk is a hole and costs nothing; a present one is stored up to the
 * highest byte ever written to it, and what is missing of it reads as zeros. docs/vfs-contract.md has the rules.
 */

/** Bytes of file content in a full chunk. */
export const CHUNK_SIZE = 131_072;

/** The part of one chunk that a range of a file covers. */
export interface Span {
  readonly index: number;
  /** Where it begins and ends (exclusive) within the chunk. */
  readonly start: number;
  readonly end: number;
  /** Where it begins within the range. */
  readonly offset: number;
}

export function chunkIndexOf(position: number): number {
  return Math.floor(position / CHUNK_SIZE);
}

/** The part of chunk `index` that the range from `position` covers; the two must meet. */
export function spanOf(index: number, position: number, length: number): Span {
  const base = index * CHUNK_SIZE;
  const start = Math.max(0, position - base);
  return {
    index,
    start,
    end: Math.min(CHUNK_SIZE, position + length - base),
    offset: base + start - position,
  };
}

/** The parts of all chunks that a range covers, in order; none for an empty range. */
export function spansOf(position: number, length: number): Span[] {
  if (length === 0) return [];
  const spans: Span[] = [];
  const last = chunkIndexOf(position + length - 1);
  for (let index = chunkIndexOf(position); index <= last; index++)
    spans.push(spanOf(index, position, length));
  return spans;
}

/** Bytes that `used` grows by when the spans are written; `stored` is a chunk's stored length, 0 for a hole. */
export function growthOf(spans: readonly Span[], stored: (index: number) => number): number {
  return spans.reduce((growth, span) => growth + Math.max(0, span.end - stored(span.index)), 0);
}

/** What is left of a chunk's stored length when the file is cut to `size`; 0: the chunk goes. */
export function storedAfterCut(index: number, stored: number, size: number): number {
  return Math.max(0, Math.min(stored, size - index * CHUNK_SIZE));
}

/** A range that is copied from one file, or place, to another. */
export interface CopyRange {
  readonly fromPosition: number;
  readonly toPosition: number;
  readonly length: number;
}

/**
 * The target's chunks that a copy writes, in order, given the present chunks of both files that the range meets. A
 * chunk is left out, and so stays a hole, when it is absent and all that would come into it are holes.
 */
export function chunksToCopy(
  range: CopyRange,
  sourcePresent: Iterable<number>,
  targetPresent: Iterable<number>,
): number[] {
  const { fromPosition, toPosition, length } = range;
  const chunks = new Set<number>(targetPresent);
  for (const index of sourcePresent) {
    const { offset, start, end } = spanOf(index, fromPosition, length);
    const first = chunkIndexOf(toPosition + offset);
    const last = chunkIndexOf(toPosition + offset + (end - start) - 1);
    for (let target = first; target <= last; target++) chunks.add(target);
  }
  return [...chunks].sort((a, b) => a - b);
}

/** True when the ranges of a copy within one file meet. */
export function overlaps({ fromPosition, toPosition, length }: CopyRange): boolean {
  return Math.abs(fromPosition - toPosition) < length;
}
