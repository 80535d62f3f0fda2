import type { Database, Statement } from 'better-sqlite3';

/** What takes part in a group of operations that is committed as one. */
export interface Participant {
  /** A group has just begun. True: what this wrote must be committed before anything else is. */
  begun?(): boolean;
  /** The group ends well: everything that must be in it goes in now. */
  beforeCommit?(): void;
  /** What was written since `begun` is promised: it is there to stay. */
  committed?(): void;
  /** The group is gone, and with it what was written since `begun`. Called again where anybody's throws. */
  rolledBack?(cause: unknown): void;
}

/** Keeps changes that are promised before they are committed, so that small ones can share a commit. */
export interface Keeper {
  /** Nothing is kept that is not committed. */
  readonly areCommitted: boolean;
  /** Keeps what has been changed since the last time. False where it must be committed. */
  keep(): boolean;
  /** Runs `commit`, and knows then that all is committed. */
  commitBy(commit: () => void): void;
  /** What has been changed since the last `keep` is undone. */
  undone(): void;
  /** Makes what was kept once more, in a new transaction. */
  remake(): void;
}

/**
 * The open transaction of a store: it begins with the first change and holds every change until somebody commits.
 * An operation checks everything before its first change, so the only errors after that are SQLite's own (a full
 * disk, I/O). They end the whole group, which `rollback` undoes for all participants; there are no savepoints.
 *
 * `keep` ends a group without a commit of SQLite's, whose transaction then goes on with the next group. A rollback undoes no more than
 * the last group: those that were kept are made again.
 */
export class Transaction {
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #rollback: Statement<[]>;
  readonly #db: Database;
  readonly #keeper: Keeper;
  readonly #participants: Participant[] = [];
  /** A group is open. */
  #active = false;
  /** SQLite's transaction is open, for this group or for those that were kept. */
  #begun = false;
  /** Why the last one was lost, until all participants have gone back to what is there without it. */
  #lost: { readonly cause: unknown } | undefined;

  constructor(db: Database, keeper: Keeper) {
    this.#db = db;
    this.#keeper = keeper;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
  }

  get active(): boolean {
    return this.#active;
  }

  /** There is something for `commit` to commit. */
  get isUncommitted(): boolean {
    return this.#begun;
  }

  /**
   * SQLite has ended the transaction by itself, as it may on a full disk or an I/O error, even in a SELECT (it
   * writes pages that its cache has no room for). Only `rollback` is right then.
   */
  get endedBySqlite(): boolean {
    return this.#begun && !this.#db.inTransaction;
  }

  join(...participants: readonly Participant[]): void {
    this.#participants.push(...participants);
  }

  /** Call it after an operation's checks and before its first change. */
  ensure(): void {
    if (this.#active) return;
    this.restore();
    this.#beginOnce();
    this.#active = true;
    const first = this.#participants.filter((participant) => participant.begun?.() === true);
    if (first.length === 0) return;
    this.#commitAll();
    this.#beginOnce();
  }

  /** Ends the group so that what it changed survives the end of the process; by a commit only where that is needed. True where it was. */
  keep(): boolean {
    if (!this.#active) return false;
    for (const participant of this.#participants) participant.beforeCommit?.();
    const commits = !this.#keeper.keep();
    if (commits) this.#commitAll();
    this.#end();
    return commits;
  }

  /** Ends the group, and commits it with all that were kept before it. */
  commit(): void {
    if (!this.#begun) return;
    if (this.#active) for (const participant of this.#participants) participant.beforeCommit?.();
    // Where it fails, everything is to be undone, and what was kept made again.
    this.#active = true;
    this.#commitAll();
    this.#end();
  }

  /** Undoes the group, for the reason given. */
  rollback(cause: unknown): void {
    if (!this.#active && !this.endedBySqlite) return;
    this.#active = false;
    this.#lost = { cause };
    this.restore();
  }

  /** Nothing in memory may be believed before this has succeeded once after a rollback: it reads the file, which can fail. */
  restore(): void {
    if (this.#lost === undefined) return;
    if (this.#db.inTransaction) this.#rollback.run();
    this.#begun = false;
    this.#keeper.undone();
    this.remake();
    for (const participant of this.#participants) participant.rolledBack?.(this.#lost.cause);
    this.#lost = undefined;
  }

  /** Makes what was kept once more: after a rollback, and first of all after a crash. */
  remake(): void {
    if (this.#keeper.areCommitted) return;
    this.#beginOnce();
    this.#keeper.remake();
  }

  #beginOnce(): void {
    if (this.#begun) return;
    this.#begin.run();
    this.#begun = true;
  }

  #commitAll(): void {
    this.#keeper.commitBy(() => this.#commit.run());
    this.#begun = false;
  }

  #end(): void {
    this.#active = false;
    for (const participant of this.#participants) participant.committed?.();
  }
}
