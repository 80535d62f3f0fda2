import type { Database, Statement } from 'better-sqlite3';

const MEBIBYTE = 1024 * 1024;
/** With so many bytes of content in the log a checkpoint is due: each has to be written to the file, while everybody waits. */
const CONTENT_BYTES = 4 * MEBIBYTE;
/** With so many bytes of pages in the log, where nobody is kept waiting. */
const LOG_BYTES = 4 * MEBIBYTE;
/**
 * With so many in any case. Small changes put the same pages into the log again and again, and each goes to the file once; so the
 * more of them share a checkpoint with its three syncs, the better.
 */
const LOG_BYTES_MAX = 16 * MEBIBYTE;

/** Decides when what is in the write-ahead log goes to the file: often enough that it never takes long, else as seldom as may be. */
export class Checkpoints {
  readonly #db: Database;
  readonly #pageSize: number;
  readonly #logLength: Statement<[], [busy: number, pages: number, done: number]>;
  /** Bytes of content committed to the log since the last one that was made here. */
  #content = 0;

  constructor(db: Database) {
    this.#db = db;
    this.#pageSize = db.pragma('page_size', { simple: true }) as number;
    db.pragma(`wal_autocheckpoint = ${LOG_BYTES_MAX / this.#pageSize}`);
    this.#logLength = db.prepare<[], [number, number, number]>('PRAGMA wal_checkpoint(NOOP)').raw();
  }

  /** After each commit to the log. */
  committed(contentBytes: number, keepsWaiting: boolean): void {
    this.#content += contentBytes;
    if (this.#content >= CONTENT_BYTES || (!keepsWaiting && this.#isLogLong())) this.#make();
  }

  #isLogLong(): boolean {
    const [, pages = 0, done = 0] = this.#logLength.get() ?? [];
    return (pages - done) * this.#pageSize >= LOG_BYTES;
  }

  /** Where the disk is full or fails, the log grows; whoever writes next is told. */
  #make(): void {
    this.#content = 0;
    try {
      this.#db.pragma('wal_checkpoint(PASSIVE)');
    } catch {
      // Another one is due soon.
    }
  }
}
