import type { Database, Statement } from 'better-sqlite3';

const MEBIBYTE = 1024 * 1024;
/** With so many bytes of content in the log a checkpoint is due: each has to be written to the file, while everybody waits. */
const CONTENT_BYTES = 4 * MEBIBYTE;
/** With so many it does not wait for the log to be on the disk. */
const CONTENT_BYTES_MAX = 2 * CONTENT_BYTES;
/** With so many bytes of pages in the log, where nobody is kept waiting. */
const LOG_BYTES = 4 * MEBIBYTE;
/**
 * With so many in any case. Small changes put the same pages into the log again and again, and each goes to the file once; so the
 * more of them share a checkpoint with its three syncs, the better.
 */
const LOG_BYTES_MAX = 16 * MEBIBYTE;

/**
 * Decides when what is in the write-ahead log goes to the file: often enough that it never takes long, else as seldom as may be. The
 * log must be on the disk before; where somebody would be kept waiting, it is brought there first, while the store goes on.
 */
export class Checkpoints {
  readonly #db: Database;
  readonly #syncLog: () => Promise<void>;
  readonly #pageSize: number;
  readonly #logLength: Statement<[], [busy: number, pages: number, done: number]>;
  /** Bytes of content committed to the log since the last one that was made here. */
  #content = 0;
  /** Whether the log is on its way to the disk for the next one, or there but for its end. */
  #log: 'not synced' | 'on its way' | 'synced' = 'not synced';

  constructor(db: Database, syncLog: () => Promise<void>) {
    this.#db = db;
    this.#syncLog = syncLog;
    this.#pageSize = db.pragma('page_size', { simple: true }) as number;
    db.pragma(`wal_autocheckpoint = ${LOG_BYTES_MAX / this.#pageSize}`);
    this.#logLength = db.prepare<[], [number, number, number]>('PRAGMA wal_checkpoint(NOOP)').raw();
  }

  /** After each commit to the log. */
  committed(contentBytes: number, keepsWaiting: boolean): void {
    this.#content += contentBytes;
    if (!keepsWaiting && this.#isLogLong()) return this.#make();
    if (this.#content < CONTENT_BYTES) return;
    if (this.#log === 'synced' || this.#content >= CONTENT_BYTES_MAX) this.#make();
    else if (this.#log === 'not synced') this.#prepare();
  }

  /** Where it fails, SQLite's own sync does too, and says so. */
  #prepare(): void {
    this.#log = 'on its way';
    const synced = (): void => {
      if (this.#log === 'on its way') this.#log = 'synced';
    };
    this.#syncLog().then(synced, synced);
  }

  #isLogLong(): boolean {
    const [, pages = 0, done = 0] = this.#logLength.get() ?? [];
    return (pages - done) * this.#pageSize >= LOG_BYTES;
  }

  /** Where the disk is full or fails, the log grows; whoever writes next is told. */
  #make(): void {
    this.#content = 0;
    this.#log = 'not synced';
    try {
      this.#db.pragma('wal_checkpoint(PASSIVE)');
    } catch {
      // Another one is due soon.
    }
  }
}
