import { VfsError } from '../errors.ts';
import { encode, type Encoding } from './encodings.ts';

/** Content as `node:fs` takes it at once: text, or the bytes of any typed array. */
export type Content = string | ArrayBufferView;

/** Content as `writeFile` takes it: at once, or piece by piece, such as a stream gives it. */
export type FileData = Content | Iterable<Content> | AsyncIterable<Content>;

/** The bytes of content. `EINVAL` for what is none. */
export function bytesOf(data: Content, encoding?: Encoding | null): Uint8Array {
  if (typeof data === 'string') return encode(data, encoding ?? undefined);
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw new VfsError('EINVAL', { detail: 'data must be a string, a typed array, or an iterable of these' });
}

/** The bytes of content in the pieces in which it comes. */
export async function* piecesOf(data: FileData, encoding?: Encoding | null): AsyncGenerator<Uint8Array> {
  if (typeof data === 'string' || ArrayBuffer.isView(data) || !isIterable(data)) {
    yield bytesOf(data, encoding);
    return;
  }
  for await (const piece of data) yield bytesOf(piece, encoding);
}

function isIterable(data: unknown): data is AsyncIterable<Content> | Iterable<Content> {
  if (typeof data !== 'object' || data === null) return false;
  return Symbol.asyncIterator in data || Symbol.iterator in data;
}
