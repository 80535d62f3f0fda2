import type { Database } from 'better-sqlite3';
import { Checkpoints } from './checkpoints.ts';
import type { ChunkTable } from './chunk-table.ts';
import { WriteBack } from './write-back.ts';

/** Chunk bytes committed in a row, with nobody waiting for a commit among them, before the rollback journal is taken. */
export const BULK_AFTER = 16 * 1024 * 1024;
/** Chunk bytes in one group of the log: little enough that no commit is long. */
const LOG_GROUP_BYTES = 2 * 1024 * 1024;
/** In one of the rollback journal, whose commits wait for the disk: fewer, and ended when the host has little left to write. */
const BULK_GROUP_BYTES = 16 * 1024 * 1024;
const BULK_GROUP_BYTES_MAX = 4 * BULK_GROUP_BYTES;

/** Chunk bytes in a group, and how many of them patch chunks that otherwise stay. */
export type GroupBytes = Pick<ChunkTable, 'written' | 'patched'>;

/**
 * Which of SQLite's journals protects the next group. The write-ahead log makes small commits cheap, but what goes
 * through it is written twice, and read once in between. A rollback journal keeps what was there before, which for new chunks is
 * nothing, so bulk data is written once; but each commit waits for the disk. So a long run of bulk data takes the
 * rollback journal, and the first commit that somebody waits for ends the run. So does what is written into chunks that are there:
 * a rollback journal must be synced before any of their pages leaves the cache.
 */
export class Journal {
  readonly #db: Database;
  readonly #bulkAfter: number;
  readonly #onChange: () => void;
  readonly #writeBack: WriteBack;
  readonly #checkpoints: Checkpoints;
  #mode: 'wal' | 'rollback' = 'wal';
  /** Chunk bytes in the run so far. */
  #run = 0;
  /** Chunk bytes in groups that were not committed yet. */
  #keptBytes = 0;

  /** `onChange`: the WAL is another file from now on; `syncLog`: brings it to the disk. */
  constructor(db: Database, bulkAfter: number, onChange: () => void, syncLog: () => Promise<void>) {
    this.#db = db;
    this.#bulkAfter = bulkAfter;
    this.#onChange = onChange;
    this.#writeBack = new WriteBack(db.name);
    this.#checkpoints = new Checkpoints(db, syncLog);
  }

  /** What is committed is on the disk too. */
  get durable(): boolean {
    return this.#mode === 'rollback';
  }

  /** Is a group with so many bytes of chunks to be committed, though nobody waits for it? */
  isDue({ written, patched }: GroupBytes): boolean {
    if (this.#mode === 'wal') return written >= LOG_GROUP_BYTES;
    if (patched > 0) return true;
    this.#writeBack.goOn(written);
    return written >= (this.#writeBack.running ? BULK_GROUP_BYTES_MAX : BULK_GROUP_BYTES);
  }

  /** In the rollback journal: settles when a commit has to wait for the disk for no more than a moment. */
  almostWritten(): Promise<void> {
    return this.#writeBack.caughtUp();
  }

  /** After the end of a group that was not committed. */
  kept({ written }: GroupBytes): void {
    this.#run = 0;
    this.#keptBytes += written;
  }

  /** After each commit. No transaction is open. `busy`: somebody is at work, whom a checkpoint would keep waiting. */
  committed(
    { written, patched }: GroupBytes,
    { waitedFor, busy }: { waitedFor: boolean; busy: boolean },
  ): void {
    if (this.#mode === 'wal') this.#checkpoints.committed(written + this.#keptBytes, waitedFor || busy);
    this.#keptBytes = 0;
    if (waitedFor || patched > 0) return this.leaveBulk();
    this.#run += written;
    if (this.#mode === 'wal' && this.#run >= this.#bulkAfter) this.#enterBulk();
  }

  /** Back to the write-ahead log; no transaction is open. Where that fails, the next commit tries again. */
  leaveBulk(): void {
    this.#run = 0;
    if (this.#mode === 'wal') return;
    if (!this.#switchTo('wal')) return;
    this.#db.pragma('synchronous = NORMAL');
    // SQLite makes the new log with the first look into the file.
    this.#db.pragma('user_version', { simple: true });
    this.#mode = 'wal';
    this.#onChange();
  }

  /** Closes the database, which has no transaction open any more. */
  async close(): Promise<void> {
    await this.#writeBack.idle();
    this.#db.close();
    this.#writeBack.close();
  }

  /** Writes back and syncs all of the log first. */
  #enterBulk(): void {
    this.#run = 0;
    if (!this.#switchTo('delete')) return;
    this.#mode = 'rollback';
    this.#db.pragma('synchronous = FULL');
    this.#onChange();
  }

  /** False where the disk is full or fails, which whoever writes next will be told. */
  #switchTo(mode: 'wal' | 'delete'): boolean {
    try {
      return this.#db.pragma(`journal_mode = ${mode}`, { simple: true }) === mode;
    } catch {
      return false;
    }
  }
}
