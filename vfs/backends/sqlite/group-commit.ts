import { VfsError } from '../../errors.ts';
import { Background } from './background.ts';
import { storageError } from './errors.ts';
import { closeAll } from './files.ts';
import type { Journal } from './journal.ts';
import type { Parts } from './parts.ts';

/** Operations that a group waits for at most: callers that never let the turn end must not keep others waiting. */
const OPERATIONS_MAX = 256;
/** What nobody waits for is committed after so long. */
const IDLE_MILLISECONDS = 1000;

interface Batch {
  /** Operations begun since somebody waits for it. */
  operations: number;
  /** Somebody waits for the disk, where only what is committed can go. */
  mustCommit: boolean;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: VfsError) => void;
}

/** Decides when the open group of a store ends, and when its transaction is committed. */
export class GroupCommit {
  readonly #parts: Parts;
  readonly #journal: Journal;
  readonly #background: Background;
  #batch: Batch | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(parts: Parts, journal: Journal, onBackgroundError: ((error: VfsError) => void) | undefined) {
    this.#parts = parts;
    this.#journal = journal;
    this.#background = new Background(parts, this, onBackgroundError ?? (() => undefined));
    this.#background.start();
  }

  /** Settles when what has been changed so far survives the end of the process, at the end of this turn of the event loop. */
  kept(): Promise<void> {
    if (!this.#parts.transaction.active) return Promise.resolve();
    this.#background.works();
    return this.#ended().promise;
  }

  /** Settles when it is committed, at the end of this turn of the event loop. */
  committed(): Promise<void> {
    if (!this.#parts.transaction.isUncommitted) return Promise.resolve();
    const batch = this.#ended();
    batch.mustCommit = true;
    return batch.promise;
  }

  #ended(): Batch {
    if (this.#batch === undefined) {
      this.#batch = newBatch();
      setImmediate(() => void this.#endSoon(this.#batch));
    }
    return this.#batch;
  }

  /** Before each operation, reads too. */
  beforeOperation(): void {
    if (this.#batch !== undefined && ++this.#batch.operations > OPERATIONS_MAX) this.#endQuietly();
  }

  /** Before each operation that moves content in earnest. */
  beforeTransfer(): void {
    this.#background.works();
  }

  /** After each operation that may have changed something. */
  afterChange(): void {
    const { transaction, content, inodes, orphans } = this.#parts;
    if (transaction.isUncommitted || content.hasUnsaved || inodes.hasLate) this.#armIdleTimer();
    if (orphans.waiting) this.#background.start();
  }

  /** After each operation that may have moved many bytes. Throws a `VfsError` where they are lost. */
  commitIfLarge(): void {
    if (this.#journal.isDue(this.#parts.chunks)) this.commitNow();
  }

  /** A refusal (`VfsError`) comes before an operation's first change; any other error may have left one half made. */
  afterFailure(error: unknown): void {
    if (!(error instanceof VfsError)) this.abort(error);
  }

  /** True where the error was one with which SQLite ended the group by itself; no other group has begun then. */
  abortIfEnded(error: unknown): boolean {
    if (!this.#parts.transaction.endedBySqlite) return false;
    this.abort(error);
    this.#parts.transaction.restore();
    return true;
  }

  /** Throws a `VfsError` where the group is lost. `tell`: lets those go on who wait for it. */
  commitNow(tell?: (batch: Batch) => void): void {
    this.#end(() => {
      this.#parts.transaction.commit();
      return true;
    }, tell);
  }

  /** `end`: ends the group, and answers whether it was committed. */
  #end(end: () => boolean, tell = (batch: Batch): void => batch.resolve()): void {
    const batch = this.#batch;
    const { written, patched } = this.#parts.chunks;
    let committed: boolean;
    try {
      committed = end();
    } catch (error) {
      this.abort(error);
      throw storageError(error);
    }
    this.#batch = undefined;
    if (batch !== undefined) tell(batch);
    if (!committed) return this.#journal.kept({ written, patched });
    this.#journal.committed(
      { written, patched },
      { waitedFor: batch !== undefined, busy: this.#background.postponesCheckpoints },
    );
  }

  /**
   * Ends the open group, and keeps those who wait for it from beginning another one in this turn of the event loop. Where it
   * fails, those who lost something are told by the group.
   */
  settle(): void {
    try {
      this.commitNow(({ resolve }) => setImmediate(resolve));
    } catch {
      // `abort` has told them.
    }
  }

  /** Undoes the group, and tells everybody who waits for it. */
  abort(cause: unknown): void {
    const error = storageError(cause);
    const batch = this.#batch;
    this.#batch = undefined;
    try {
      this.#parts.transaction.rollback(cause);
    } catch {
      // The next operation tries again to read what the file says, and fails where that fails.
    }
    batch?.reject(error);
  }

  /** Puts all that is in memory only into the transaction. */
  flushAll(): void {
    const { transaction, content, inodes } = this.#parts;
    if (!content.hasUnsaved && !inodes.hasLate) return;
    transaction.ensure();
    content.flushAll();
    inodes.saveLate();
  }

  /** Closes all handles and commits everything. Throws a `VfsError` where acknowledged bytes are lost, now or before. */
  end(): void {
    clearTimeout(this.#idleTimer);
    this.#background.end();
    let failure: VfsError | undefined;
    try {
      failure = closeAll(this.#parts);
      this.commitNow();
    } catch (error) {
      this.abort(error);
      throw storageError(error);
    }
    this.#journal.leaveBulk();
    this.#saveTotals();
    if (failure !== undefined) throw failure;
  }

  /**
   * Little is lost where it fails: the totals are counted again then, and directories say the times of a second before.
   * A storage that nobody changed stays as it is.
   */
  #saveTotals(): void {
    const { transaction, usage, inodes } = this.#parts;
    if (usage.isSaved) return;
    try {
      transaction.ensure();
      inodes.saveLate();
      usage.save();
      inodes.giveBack();
      transaction.commit();
    } catch (error) {
      this.abort(error);
    }
  }

  #armIdleTimer(): void {
    this.#idleTimer ??= setTimeout(() => {
      this.#idleTimer = undefined;
      this.#background.quietly(() => {
        this.flushAll();
        this.commitNow();
        this.#background.start();
      });
    }, IDLE_MILLISECONDS);
  }

  /** At the end of a long write the disk is let catch up first, which holds nobody but those who wait for this. */
  async #endSoon(batch: Batch | undefined): Promise<void> {
    if (this.#journal.durable) await this.#journal.almostWritten();
    if (batch === this.#batch) this.#endQuietly();
  }

  /** Who waits for the group learns of its failure from the group. */
  #endQuietly(): void {
    if (this.#batch === undefined) return;
    try {
      if (this.#batch.mustCommit || this.#journal.durable) this.commitNow();
      else this.#end(() => this.#parts.transaction.keep());
    } catch {
      // `abort` has told the batch.
    }
  }
}

function newBatch(): Batch {
  let resolve: () => void = () => undefined;
  let reject: (error: VfsError) => void = () => undefined;
  const promise = new Promise<void>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  // Somebody always waits, but perhaps not yet.
  promise.catch(() => undefined);
  return { operations: 0, mustCommit: false, promise, resolve, reject };
}
