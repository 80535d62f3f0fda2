import { VfsError } from '../errors.ts';
import { bytesOf } from './data.ts';

/** `null` or -1: where the last reading or writing without a position ended. */
export type Position = number | bigint | null;

/** Which bytes of a buffer, and where in the file; as Node's options of `read` and `write`. */
export interface RangeOptions {
  readonly offset?: number | null | undefined;
  readonly length?: number | null | undefined;
  readonly position?: Position | undefined;
}

/** What a handle reads into and from where; as `filehandle.read` of Node. */
export interface ReadOptions<B extends ArrayBufferView = Uint8Array> extends RangeOptions {
  readonly buffer?: B | undefined;
}

export interface Range<B> {
  readonly buffer: B;
  /** The bytes of the buffer that are meant. */
  readonly part: Uint8Array;
  readonly position: Position | undefined;
}

/**
 * What Node's overloads mean: `(buffer, offset, length, position)`, `(buffer, options)` and `({ buffer, … })`. `EINVAL`
 * for a part that the buffer does not have.
 */
export function rangeOf<B extends ArrayBufferView>(
  given: B | ReadOptions<B>,
  second: number | null | undefined | RangeOptions,
  length: number | null | undefined,
  position: Position | undefined,
  otherwise?: () => B,
): Range<B> {
  if (!ArrayBuffer.isView(given)) {
    const buffer = given.buffer ?? otherwise?.();
    // Bad where there is no buffer either, which `bytesOf` says.
    return partOf(buffer as B, given);
  }
  if (typeof second === 'object' && second !== null) return partOf(given, second);
  return partOf(given, { offset: second, length, position });
}

function partOf<B extends ArrayBufferView>(buffer: B, { offset, length, position }: RangeOptions): Range<B> {
  const bytes = bytesOf(buffer);
  const start = offset ?? 0;
  const count = length ?? bytes.length - start;
  const inside = Number.isInteger(start) && Number.isInteger(count) && start >= 0 && count >= 0;
  if (!inside || start + count > bytes.length) {
    throw new VfsError('EINVAL', { detail: 'offset and length are not within the buffer' });
  }
  return { buffer, part: bytes.subarray(start, start + count), position };
}
