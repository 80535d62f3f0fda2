import { VfsError } from '../../errors.ts';
import { namedError } from '../shared/named-error.ts';
import { fromSqlite } from './errors.ts';
import { closeAll } from './files.ts';
import type { Parts } from './parts.ts';

/** Chunk bytes in one transaction before it is committed without waiting for anybody. */
const GROUP_BYTES = 2 * 1024 * 1024;
/** What nobody waits for is committed after so long. */
const IDLE_MILLISECONDS = 1000;
/** The background works so long at a stretch, and then leaves the thread to others. */
const SLICE_MILLISECONDS = 4;
const PAUSE_MILLISECONDS = 4;
/** Free pages are given back to the host when they are so many, and more than this part of the file. */
const VACUUM_BYTES = 64 * 1024 * 1024;
const VACUUM_PART = 0.25;
const VACUUM_PAGES = 64;

interface Batch {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: VfsError) => void;
}

/** Decides when the open transaction of a store is committed, and does the work that nobody waits for. */
export class GroupCommit {
  readonly #parts: Parts;
  readonly #onBackgroundError: (error: VfsError) => void;
  #batch: Batch | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #background: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(parts: Parts, onBackgroundError: ((error: VfsError) => void) | undefined) {
    this.#parts = parts;
    this.#onBackgroundError = onBackgroundError ?? (() => undefined);
  }

  /** Settles when what is in the transaction now is committed, at the end of this turn of the event loop. */
  committed(): Promise<void> {
    if (!this.#parts.transaction.active) return Promise.resolve();
    if (this.#batch === undefined) {
      this.#batch = newBatch();
      setImmediate(() => this.#commitQuietly());
    }
    return this.#batch.promise;
  }

  /** After each operation that may have changed something. */
  afterChange(): void {
    if (this.#parts.chunks.written >= GROUP_BYTES) this.commitNow();
    if (this.#parts.transaction.active || this.#parts.content.hasUnsaved) this.#armIdleTimer();
    if (this.#parts.orphans.waiting) this.startBackground();
  }

  /** Throws a `VfsError` where the group is lost. */
  commitNow(): void {
    const batch = this.#batch;
    try {
      this.#parts.transaction.commit();
    } catch (error) {
      this.abort(error);
      throw namedError(fromSqlite(error), 'sync');
    }
    this.#batch = undefined;
    batch?.resolve();
  }

  /** Undoes the group, and tells everybody who waits for it. */
  abort(cause: unknown): void {
    const batch = this.#batch;
    this.#batch = undefined;
    const error = fromSqlite(cause);
    try {
      this.#parts.transaction.rollback();
    } finally {
      batch?.reject(error instanceof VfsError ? error : new VfsError('EIO', { cause }));
    }
  }

  /** Puts all that is in memory only into the transaction. */
  flushAll(): void {
    if (!this.#parts.content.hasUnsaved) return;
    this.#parts.transaction.ensure();
    this.#parts.content.flushAll();
  }

  /** Closes all handles and commits everything, totals included. Throws a `VfsError` where that fails. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#background);
    try {
      closeAll(this.#parts);
      this.#parts.transaction.ensure();
      this.#parts.usage.save();
    } catch (error) {
      this.abort(error);
      throw namedError(fromSqlite(error), 'sync');
    }
    this.commitNow();
  }

  /** Goes on removing orphaned content, then gives free pages back; a little at a time. */
  startBackground(): void {
    if (this.#background !== undefined || this.#ended) return;
    this.#background = setTimeout(() => {
      this.#background = undefined;
      if (this.#quietly(() => this.#workABit())) this.startBackground();
    }, PAUSE_MILLISECONDS);
    this.#background.unref();
  }

  /** True when there is more to do. */
  #workABit(): boolean {
    const { orphans, transaction } = this.#parts;
    const until = performance.now() + SLICE_MILLISECONDS;
    if (!orphans.waiting) return this.#vacuumABit();
    transaction.ensure();
    while (orphans.step() && performance.now() < until);
    if (this.#batch === undefined) this.commitNow();
    return true;
  }

  #vacuumABit(): boolean {
    const { db, transaction } = this.#parts;
    const until = performance.now() + SLICE_MILLISECONDS;
    if (!this.#hasMuchFree()) return false;
    transaction.ensure();
    do db.pragma(`incremental_vacuum(${VACUUM_PAGES})`);
    while (this.#hasMuchFree() && performance.now() < until);
    if (this.#batch === undefined) this.commitNow();
    return true;
  }

  #hasMuchFree(): boolean {
    const { db } = this.#parts;
    const pageSize = db.pragma('page_size', { simple: true }) as number;
    const free = db.pragma('freelist_count', { simple: true }) as number;
    const all = db.pragma('page_count', { simple: true }) as number;
    return free * pageSize >= VACUUM_BYTES && free >= all * VACUUM_PART;
  }

  #armIdleTimer(): void {
    if (this.#idleTimer !== undefined || this.#ended) return;
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = undefined;
      this.#quietly(() => {
        this.flushAll();
        this.commitNow();
        return true;
      });
    }, IDLE_MILLISECONDS);
  }

  /** Who waits for the group learns of its failure from the group. */
  #commitQuietly(): void {
    if (this.#batch === undefined) return;
    try {
      this.commitNow();
    } catch {
      // `abort` has told the batch.
    }
  }

  #quietly(action: () => boolean): boolean {
    try {
      return action();
    } catch (error) {
      this.abort(error);
      this.#onBackgroundError(namedError(fromSqlite(error), 'sync'));
      return false;
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
  return { promise, resolve, reject };
}
