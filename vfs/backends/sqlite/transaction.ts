import type { Database, Statement } from 'better-sqlite3';

/** What takes part in a group of operations that is committed as one. */
export interface Participant {
  /** The transaction has just begun. True: what this wrote must be committed before anything else is. */
  begun?(): boolean;
  /** Everything that must be in the transaction goes in now. */
  beforeCommit?(): void;
  /** What was written since `begun` is there to stay. */
  committed?(): void;
  /** The transaction is gone, and with it what was written since `begun`. Called again where anybody's throws. */
  rolledBack?(cause: unknown): void;
}

/**
 * The open transaction of a store: it begins with the first change and holds every change until somebody commits.
 * An operation checks everything before its first change, so the only errors after that are SQLite's own (a full
 * disk, I/O). They end the whole group, which `rollback` undoes for all participants; there are no savepoints.
 */
export class Transaction {
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #rollback: Statement<[]>;
  readonly #db: Database;
  readonly #participants: Participant[] = [];
  #active = false;
  /** Why the last one was lost, until all participants have gone back to what the file says. */
  #lost: { readonly cause: unknown } | undefined;

  constructor(db: Database) {
    this.#db = db;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
  }

  get active(): boolean {
    return this.#active;
  }

  /**
   * SQLite has ended the transaction by itself, as it may on a full disk or an I/O error, even in a SELECT (it
   * writes pages that its cache has no room for). Only `rollback` is right then.
   */
  get endedBySqlite(): boolean {
    return this.#active && !this.#db.inTransaction;
  }

  join(...participants: readonly Participant[]): void {
    this.#participants.push(...participants);
  }

  /** Call it after an operation's checks and before its first change. */
  ensure(): void {
    if (this.#active) return;
    this.restore();
    this.#begin.run();
    this.#active = true;
    const first = this.#participants.filter((participant) => participant.begun?.() === true);
    if (first.length === 0) return;
    this.#commit.run();
    this.#begin.run();
  }

  commit(): void {
    if (!this.#active) return;
    for (const participant of this.#participants) participant.beforeCommit?.();
    this.#commit.run();
    this.#active = false;
    for (const participant of this.#participants) participant.committed?.();
  }

  /** Undoes everything since `begun`, for the reason given. */
  rollback(cause: unknown): void {
    if (!this.#active) return;
    this.#active = false;
    this.#lost = { cause };
    this.restore();
  }

  /** Nothing in memory may be believed before this has succeeded once after a rollback: it reads the file, which can fail. */
  restore(): void {
    if (this.#lost === undefined) return;
    if (this.#db.inTransaction) this.#rollback.run();
    for (const participant of this.#participants) participant.rolledBack?.(this.#lost.cause);
    this.#lost = undefined;
  }
}
