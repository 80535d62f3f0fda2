import type { VfsError } from '../../errors.ts';
import { namedError } from '../shared/named-error.ts';
import { storageError } from './errors.ts';
import type { Parts } from './parts.ts';

/** The background works so long at a stretch, and then leaves the thread to others. */
const SLICE_MILLISECONDS = 4;
/** It begins so much later, that what one client removes by and by is removed together. */
const FIRST_PAUSE_MILLISECONDS = 50;
const PAUSE_MILLISECONDS = 4;
/** Free pages are given back to the host when they are so many bytes, and more than this part of the file. */
const VACUUM_BYTES = 64 * 1024 * 1024;
const VACUUM_PART = 0.25;
/** So many bytes of them are kept, for what is written next. */
const VACUUM_BYTES_KEPT = 8 * 1024 * 1024;
/** Pages given back at a stretch: each moves another into its place, which a checkpoint then writes. */
const VACUUM_PAGES = 128;
/** Nobody is at work when nobody has moved content, or waited for a change, for so long. */
const REST_MILLISECONDS = 1000;
/** Who is at work is not to be slowed down: content is removed with such pauses. */
const BUSY_PAUSE_MILLISECONDS = 40;
/**
 * Giving pages back moves others, and has the disk wait; and who is at work may want them next. So it waits for a rest, so long at
 * most, and has such pauses then.
 */
const VACUUM_PATIENCE_MILLISECONDS = 20_000;
const BUSY_VACUUM_PAUSE_MILLISECONDS = 100;

/** How the transaction that is open is ended. */
interface Group {
  commitNow(): void;
  abort(cause: unknown): void;
}

/** Removes orphaned content, gives free pages back to the host, and memory: what nobody waits for, a little at a time. */
export class Background {
  readonly #parts: Parts;
  readonly #group: Group;
  readonly #onError: (error: VfsError) => void;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #vacuums = false;
  /** Since when there is much to be given back, by the clock of `performance`. */
  #vacuumsSince = 0;
  /** When somebody was at work last, by the clock of `performance`. */
  #workedAt = -Infinity;

  constructor(parts: Parts, group: Group, onError: (error: VfsError) => void) {
    this.#parts = parts;
    this.#group = group;
    this.#onError = onError;
  }

  /** Goes on until nothing is left to do or something fails; then somebody must start it again. */
  start(): void {
    this.#goOn(FIRST_PAUSE_MILLISECONDS);
  }

  /** Somebody moves content, or waits for a change. */
  works(): void {
    this.#workedAt = performance.now();
  }

  /** A checkpoint would keep somebody waiting; but only with one does a file become shorter. */
  get postponesCheckpoints(): boolean {
    return this.#isBusy && !(this.#vacuums && this.#isOutOfPatience);
  }

  #goOn(pause: number): void {
    if (this.#timer !== undefined || this.#ended) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.quietly(() => {
        const next = this.#workABit();
        if (next === undefined) this.#rest();
        else this.#goOn(next);
      });
    }, pause);
    this.#timer.unref();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  /** Does something with the transaction that nobody waits for. */
  quietly(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#group.abort(error);
      this.#onError(namedError(storageError(error), 'sync'));
    }
  }

  /** Answers after how many milliseconds to go on; absent: nothing is left. In a transaction of its own: where it fails, nobody else loses anything. */
  #workABit(): number | undefined {
    const { orphans, transaction } = this.#parts;
    const vacuums = !orphans.waiting;
    if (vacuums && !this.#hasMuchFree()) return undefined;
    if (vacuums && this.#isBusy && !this.#isOutOfPatience) return BUSY_VACUUM_PAUSE_MILLISECONDS;
    this.#group.commitNow();
    transaction.ensure();
    if (vacuums) this.#vacuumStep();
    else {
      const until = performance.now() + SLICE_MILLISECONDS;
      while (orphans.step() && performance.now() < until);
    }
    this.#group.commitNow();
    if (!this.#isBusy) return PAUSE_MILLISECONDS;
    return vacuums ? BUSY_VACUUM_PAUSE_MILLISECONDS : BUSY_PAUSE_MILLISECONDS;
  }

  get #isOutOfPatience(): boolean {
    return performance.now() - this.#vacuumsSince > VACUUM_PATIENCE_MILLISECONDS;
  }

  get #isBusy(): boolean {
    return performance.now() - this.#workedAt < REST_MILLISECONDS;
  }

  /** Memory that only somebody who works needs: many storages are open and idle. */
  #rest(): void {
    const { handles, content, inodes, names, log, db } = this.#parts;
    if (handles.size > 0) return;
    content.dropSpare();
    inodes.forgetRecent();
    names.forgetRecent();
    log.dropSpare();
    db.pragma('shrink_memory');
  }

  #vacuumStep(): void {
    this.#parts.db.pragma(`incremental_vacuum(${VACUUM_PAGES})`);
  }

  #hasMuchFree(): boolean {
    const pageSize = this.#pragma('page_size');
    const free = this.#pragma('freelist_count');
    const part = free / this.#pragma('page_count');
    if (free * pageSize < VACUUM_BYTES_KEPT) this.#vacuums = false;
    else if (!this.#vacuums && free * pageSize >= VACUUM_BYTES && part >= VACUUM_PART) {
      this.#vacuums = true;
      this.#vacuumsSince = performance.now();
    }
    return this.#vacuums;
  }

  #pragma(name: string): number {
    return this.#parts.db.pragma(name, { simple: true }) as number;
  }
}
