import type { Database, Statement } from 'better-sqlite3';
import { CHUNK_ID, type Change, type Changes } from './changes.ts';

/** Bytes of the pages that new storages have. */
const PAGE = 16_384;

/** The table `chunk`: the stored bytes of file content, by content number and chunk index. The only place that changes it. */
export class ChunkTable {
  readonly #put: Change<[number, number, Uint8Array]>;
  readonly #get: Statement<[number, number], Uint8Array>;
  readonly #length: Statement<[number, number], number>;
  readonly #removeFrom: Change<[number, number, number]>;
  readonly #slice: Change<[number, number, number, number]>;
  readonly #bytes: Statement<[number, number, number, number], number>;
  readonly #indexes: Statement<[number, number, number, number], number>;
  /** Bytes put since `takeWritten` was last called. */
  #written = 0;
  #patched = 0;

  constructor(db: Database, changes: Changes) {
    const range = `id BETWEEN ${CHUNK_ID} AND ${CHUNK_ID}`;
    this.#put = changes.of('putChunk');
    this.#get = db
      .prepare<[number, number], Uint8Array>(`SELECT data FROM chunk WHERE id = ${CHUNK_ID}`)
      .pluck();
    this.#length = db
      .prepare<[number, number], number>(`SELECT length(data) FROM chunk WHERE id = ${CHUNK_ID}`)
      .pluck();
    this.#removeFrom = changes.of('removeChunks');
    this.#slice = changes.of('removeChunksUpTo');
    this.#bytes = db
      .prepare<[number, number, number, number], number>(
        `SELECT total(length(data)) FROM chunk WHERE ${range}`,
      )
      .pluck();
    this.#indexes = db
      .prepare<[number, number, number, number], number>(
        `SELECT id & ((1<<28)-1) FROM chunk WHERE ${range} ORDER BY id`,
      )
      .pluck();
  }

  /** `changed`: so many of the bytes are not as they are stored, where it is known; SQLite writes only the pages that change. */
  put(content: number, index: number, bytes: Uint8Array, changed = bytes.length): void {
    this.#put(content, index, bytes);
    const written = Math.min(bytes.length, Math.max(changed, PAGE));
    this.#written += written;
    if (written < bytes.length) this.#patched += written;
  }

  /** Absent for a hole. */
  get(content: number, index: number): Uint8Array | undefined {
    return this.#get.get(content, index);
  }

  /** Stored bytes; 0 for a hole. */
  length(content: number, index: number): number {
    return this.#length.get(content, index) ?? 0;
  }

  /** Removes the chunks from `first` on, in one go: for few of them. */
  removeFrom(content: number, first: number): void {
    this.#removeFrom(content, first, content);
  }

  /** Removes at most `limit` chunks from `first` on, in ascending order, and answers how many. */
  removeSlice(content: number, first: number, limit: number): number {
    return this.#slice(content, first, content, limit);
  }

  /** Stored bytes of the chunks `first` to `last`. */
  bytesBetween(content: number, first: number, last: number): number {
    return last < first ? 0 : (this.#bytes.get(content, first, content, last) ?? 0);
  }

  /** The indexes of the stored chunks from `first` to `last`, ascending. */
  indexesBetween(content: number, first: number, last: number): number[] {
    return last < first ? [] : this.#indexes.all(content, first, content, last);
  }

  takeWritten(): number {
    const written = this.#written;
    this.#written = 0;
    this.#patched = 0;
    return written;
  }

  get written(): number {
    return this.#written;
  }

  /** How many of them are in chunks of which the rest stays as it is. */
  get patched(): number {
    return this.#patched;
  }
}
