import type { Database, Statement } from 'better-sqlite3';

/** What takes part in a group of operations that is committed as one. */
export interface Participant {
  /** The transaction has just begun. */
  begun?(): void;
  /** Everything that must be in the transaction goes in now. */
  beforeCommit?(): void;
  /** What was written since `begun` is there to stay. */
  committed?(): void;
  /** The transaction is gone, and with it what was written since `begun`. */
  rolledBack?(): void;
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

  constructor(db: Database) {
    this.#db = db;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
  }

  get active(): boolean {
    return this.#active;
  }

  join(...participants: readonly Participant[]): void {
    this.#participants.push(...participants);
  }

  /** Call it after an operation's checks and before its first change. */
  ensure(): void {
    if (this.#active) return;
    this.#begin.run();
    this.#active = true;
    for (const participant of this.#participants) participant.begun?.();
  }

  commit(): void {
    if (!this.#active) return;
    for (const participant of this.#participants) participant.beforeCommit?.();
    this.#commit.run();
    this.#active = false;
    for (const participant of this.#participants) participant.committed?.();
  }

  /** Also where SQLite has rolled back by itself, as it does on a full disk. */
  rollback(): void {
    if (!this.#active) return;
    this.#active = false;
    if (this.#db.inTransaction) this.#rollback.run();
    for (const participant of this.#participants) participant.rolledBack?.();
  }
}
