import type { Database, Statement } from 'better-sqlite3';

const MEBIBYTE = 1024 * 1024;
/** With so many bytes of content in the log a checkpoint is due: each has to be written to the file, while everybody waits. */
const CONTENT_BYTES = 4 * MEBIBYTE;
/** With so many bytes of pages in the log, where nobody is kept waiting. */
const LOG_BYTES = 4 * MEBIBYTE;
/**
 * With so many where somebody is. Small changes put the same pages into the log again and again, and each goes to the file once; so
 * the more of them share a checkpoint with its three syncs, the better.
 */
const BUSY_LOG_BYTES = 8 * MEBIBYTE;
/** With so many times what makes it due it does not wait for the log to be on the disk. */
const PATIENCE = 2;

/**
 * Decides when what is in the write-ahead log goes to the file: often enough that it never takes long, else as seldom as may be. The
 * log must be on the disk before; it is brought there while the store goes on.
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
    // It would be made inside of a commit.
    db.pragma('wal_autocheckpoint = 0');
    this.#logLength = db.prepare<[], [number, number, number]>('PRAGMA wal_checkpoint(NOOP)').raw();
  }

  /** After each commit to the log. */
  committed(contentBytes: number, keepsWaiting: boolean): void {
    this.#content += contentBytes;
    const logMax = keepsWaiting ? BUSY_LOG_BYTES : LOG_BYTES;
    const due = Math.max(this.#content / CONTENT_BYTES, this.#logBytes() / logMax);
    if (due < 1) return;
    if (this.#log === 'synced' || due >= PATIENCE) this.#make();
    else if (this.#log === 'not synced') this.#prepare();
  }

  /** Where it fails, SQLite's own sync does too, and says so. */
  #prepare(): void {
    this.#log = 'on its way';
    const synced = (): void => {
      if (this.#log !== 'on its way' || !this.#db.open) return;
      this.#log = 'synced';
      // Within a transaction it cannot be made; the next commit does.
      if (!this.#db.inTransaction) this.#make();
    };
    this.#syncLog().then(synced, synced);
  }

  /** Of pages that are not in the file yet. */
  #logBytes(): number {
    const [, pages = 0, done = 0] = this.#logLength.get() ?? [];
    return (pages - done) * this.#pageSize;
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
