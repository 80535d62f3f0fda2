import { CHUNK_SIZE, chunkIndexOf, growthOf, spansOf, storedAfterCut, type Span } from '../shared/index.ts';

/** A present chunk: `bytes` has room to grow, zeros from `stored` on. */
interface Chunk {
  bytes: Uint8Array;
  stored: number;
}

/** Small files take small buffers; they double from here up to a full chunk. */
const ROOM_MIN = 64;

/** The bytes of one file: chunks in a map, so that a hole costs nothing. */
export class FileContent {
  readonly #chunks = new Map<number, Chunk>();
  #size = 0;
  #used = 0;

  get size(): number {
    return this.#size;
  }

  /** Bytes stored, all chunks together. */
  get used(): number {
    return this.#used;
  }

  /** A copy of `length` bytes, all of them before the end of the file. */
  read(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (const span of spansOf(position, length)) {
      const chunk = this.#chunks.get(span.index);
      if (chunk !== undefined)
        bytes.set(chunk.bytes.subarray(span.start, Math.min(span.end, chunk.stored)), span.offset);
    }
    return bytes;
  }

  /** Bytes that `used` would grow by, were these spans written. */
  growth(spans: readonly Span[]): number {
    return growthOf(spans, (index) => this.#chunks.get(index)?.stored ?? 0);
  }

  write(position: number, bytes: Uint8Array): void {
    const spans = spansOf(position, bytes.length);
    // All room first: where memory runs out, nothing has changed yet.
    const rooms = spans.map((span) => this.#room(span));
    spans.forEach((span, at) => this.#put(span, rooms[at] as Uint8Array, bytes.subarray(span.offset)));
    this.#size = Math.max(this.#size, position + bytes.length);
  }

  /** Cuts off what is past `size`, or grows with a hole. */
  resize(size: number): void {
    if (size < this.#size) this.#cut(size);
    this.#size = size;
  }

  /** The present chunks that the range meets, in no order. */
  present(position: number, length: number): number[] {
    if (length === 0) return [];
    const first = chunkIndexOf(position);
    const last = chunkIndexOf(position + length - 1);
    return [...this.#chunks.keys()].filter((index) => index >= first && index <= last);
  }

  /** The buffer of a chunk with room up to the end of the span; a chunk that is there already moves into it. */
  #room({ index, end }: Span): Uint8Array {
    const chunk = this.#chunks.get(index);
    if (chunk !== undefined && chunk.bytes.length >= end) return chunk.bytes;
    const grown = new Uint8Array(roomFor(end));
    if (chunk === undefined) return grown;
    grown.set(chunk.bytes);
    chunk.bytes = grown;
    return grown;
  }

  #put({ index, start, end }: Span, room: Uint8Array, bytes: Uint8Array): void {
    const chunk = this.#chunks.get(index) ?? { bytes: room, stored: 0 };
    chunk.bytes.set(bytes.subarray(0, end - start), start);
    this.#used += Math.max(0, end - chunk.stored);
    chunk.stored = Math.max(chunk.stored, end);
    this.#chunks.set(index, chunk);
  }

  #cut(size: number): void {
    for (const index of this.present(size, this.#size - size)) {
      const chunk = this.#chunks.get(index) as Chunk;
      const stored = storedAfterCut(index, chunk.stored, size);
      this.#used -= chunk.stored - stored;
      chunk.bytes.fill(0, stored, chunk.stored);
      chunk.stored = stored;
      if (stored === 0) this.#chunks.delete(index);
    }
  }
}

function roomFor(bytes: number): number {
  let room = ROOM_MIN;
  while (room < bytes) room *= 2;
  return Math.min(room, CHUNK_SIZE);
}
