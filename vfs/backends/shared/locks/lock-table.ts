import type { Handle, LockRequest } from '../../../backend.ts';
import { VfsError, type VfsErrorCode } from '../../../errors.ts';
import { conflicts, lockOf, withLock, withoutRange, type Lock } from './ranges.ts';

/** Ranges in one storage at most, those that are waited for counted twice, since each may split another: `ENOLCK` beyond. */
export const LOCKS_MAX = 4096;

/** The open file that a lock is for. */
export interface LockPlace {
  /** Names the file whatever its paths: locks are of the inode. */
  readonly file: number;
  readonly handle: Handle;
}

/** A request that waits. */
interface Waiter {
  readonly file: number;
  readonly lock: Lock;
  readonly grant: () => void;
  readonly refuse: (code: VfsErrorCode) => void;
}

/**
 * The advisory locks of a storage. Waiting is fair: who comes later does not pass a waiting request that it conflicts
 * with, unless that one waits, in the end, for the newcomer's own locks.
 *
 * Cost: a call looks at all locks of its file, and at all waiting requests of the storage.
 */
export class LockTable {
  readonly #held = new Map<number, readonly Lock[]>();
  /** In the order in which they came. */
  #waiters: readonly Waiter[] = [];
  #count = 0;

  /** `EINTR` where `signal` ends the wait, `EDEADLK` where it would have no end, `ENOLCK`; `EBADF` where its handle is closed meanwhile. */
  lock({ file, handle }: LockPlace, request: LockRequest, signal: AbortSignal | undefined): Promise<void> {
    const lock = lockOf(handle, request);
    if (this.#isFree(file, lock, this.#waiters)) {
      this.#checkRoom(file, withLock(this.#heldOf(file), lock), 'lock');
      this.#take(file, lock);
      this.#settle();
      return Promise.resolve();
    }
    this.#checkRoomToWait();
    return this.#wait(file, lock, signal);
  }

  /** `EAGAIN` where it would have to wait. */
  tryLock({ file, handle }: LockPlace, request: LockRequest): void {
    const lock = lockOf(handle, request);
    if (!this.#isFree(file, lock, this.#waiters)) throw new VfsError('EAGAIN', { op: 'tryLock' });
    this.#checkRoom(file, withLock(this.#heldOf(file), lock), 'tryLock');
    this.#take(file, lock);
    this.#settle();
  }

  /** Frees what the owner has of the range, through whatever handle. */
  unlock({ file, handle }: LockPlace, request: LockRequest): void {
    const left = withoutRange(this.#heldOf(file), lockOf(handle, request));
    this.#checkRoom(file, left, 'unlock');
    this.#keep(file, left);
    this.#settle();
  }

  /** The handle is closed: what was locked through it is free, and its waiting requests end. */
  release({ file, handle }: LockPlace): void {
    const isOurs = (lock: Lock): boolean => lock.handle === handle;
    const waiting = this.#waiters.filter(({ lock }) => isOurs(lock));
    const held = this.#held.get(file);
    if (held?.some(isOurs) === true)
      this.#keep(
        file,
        held.filter((lock) => !isOurs(lock)),
      );
    else if (waiting.length === 0) return;
    for (const waiter of waiting) this.#end(waiter, 'EBADF');
    this.#settle();
  }

  /** The storage is closed. */
  releaseAll(): void {
    this.#held.clear();
    this.#count = 0;
    for (const waiter of this.#waiters) this.#end(waiter, 'EBADF');
  }

  #heldOf(file: number): readonly Lock[] {
    return this.#held.get(file) ?? [];
  }

  #keep(file: number, locks: readonly Lock[]): void {
    this.#count += locks.length - this.#heldOf(file).length;
    if (locks.length === 0) this.#held.delete(file);
    else this.#held.set(file, locks);
  }

  #checkRoom(file: number, after: readonly Lock[], op: 'lock' | 'tryLock' | 'unlock'): void {
    const before = this.#heldOf(file).length;
    const reserved = 2 * this.#waiters.length;
    if (after.length > before && this.#count + reserved + after.length - before > LOCKS_MAX)
      throw new VfsError('ENOLCK', { op });
  }

  #checkRoomToWait(): void {
    if (this.#count + 2 * (this.#waiters.length + 1) > LOCKS_MAX)
      throw new VfsError('ENOLCK', { op: 'lock' });
  }

  #wait(file: number, lock: Lock, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#end(waiter, 'EINTR');
        this.#settle();
      };
      const settled = (): void => signal?.removeEventListener('abort', abort);
      const waiter: Waiter = {
        file,
        lock,
        grant: () => {
          settled();
          resolve();
        },
        refuse: (code) => {
          settled();
          reject(new VfsError(code, { op: 'lock' }));
        },
      };
      if (signal?.aborted === true) return waiter.refuse('EINTR');
      if (this.#isDeadlock(waiter)) return waiter.refuse('EDEADLK');
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiters = [...this.#waiters, waiter];
      // That somebody waits may let its blockers pass others who wait for it.
      this.#settle();
    });
  }

  #end(waiter: Waiter, code: VfsErrorCode): void {
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    waiter.refuse(code);
  }

  /** Gives the lock. What its owner waits for otherwise may have become a circle by that. */
  #take(file: number, lock: Lock): void {
    this.#keep(file, withLock(this.#heldOf(file), lock));
    const endless = this.#waitersOf(lock.owner).filter((waiter) => this.#isDeadlock(waiter));
    for (const waiter of endless) this.#end(waiter, 'EDEADLK');
  }

  /** Gives all locks that have become free, by a downgrade too, the oldest request first. */
  #settle(): void {
    for (;;) {
      const ready = this.#waiters.find((waiter, index) =>
        this.#isFree(waiter.file, waiter.lock, this.#waiters.slice(0, index)),
      );
      if (ready === undefined) return;
      this.#waiters = this.#waiters.filter((waiter) => waiter !== ready);
      this.#take(ready.file, ready.lock);
      ready.grant();
    }
  }

  #isFree(file: number, lock: Lock, earlier: readonly Waiter[]): boolean {
    if (this.#heldOf(file).some((held) => conflicts(held, lock))) return false;
    return earlier.every(
      (waiter) =>
        waiter.file !== file ||
        !conflicts(waiter.lock, lock) ||
        this.#waitsFor([waiter.lock.owner], lock.owner, (one) => this.#allInTheWay(one)),
    );
  }

  /** Does the request wait for somebody who holds a lock and waits, over others who do, for its owner? */
  #isDeadlock(waiter: Waiter): boolean {
    return this.#waitsFor(this.#holdersInTheWay(waiter), waiter.lock.owner, (one) =>
      this.#holdersInTheWay(one),
    );
  }

  /** True where one of the owners waits for `wanted`, directly or over others. An owner waits while any of its requests does. */
  #waitsFor(owners: Iterable<string>, wanted: string, inTheWay: (waiter: Waiter) => string[]): boolean {
    const seen = new Set(owners);
    // A set goes on with what is added while it is gone through.
    for (const owner of seen) {
      if (owner === wanted) return true;
      for (const waiter of this.#waitersOf(owner)) for (const other of inTheWay(waiter)) seen.add(other);
    }
    return false;
  }

  #waitersOf(owner: string): Waiter[] {
    return this.#waiters.filter(({ lock }) => lock.owner === owner);
  }

  #holdersInTheWay({ file, lock }: Waiter): string[] {
    return this.#heldOf(file)
      .filter((held) => conflicts(held, lock))
      .map(({ owner }) => owner);
  }

  #allInTheWay(waiter: Waiter): string[] {
    const earlier = this.#waiters.slice(0, this.#waiters.indexOf(waiter));
    const ahead = earlier.filter(({ file, lock }) => file === waiter.file && conflicts(lock, waiter.lock));
    return [...this.#holdersInTheWay(waiter), ...ahead.map(({ lock }) => lock.owner)];
  }
}
