import { VfsError } from '../../errors.ts';

/** How a lock is held: by many at once, or by one alone. */
export type Hold = 'shared' | 'exclusive';

interface Waiter {
  readonly hold: Hold;
  readonly grant: () => void;
}

/** A lock between the calls of one process, first come first served, so that neither kind of holder starves the other. */
export class ReadWriteLock {
  readonly #waiters: Waiter[] = [];
  #sharers = 0;
  #exclusive = false;

  /** True while somebody holds it alone. */
  get isHeldAlone(): boolean {
    return this.#exclusive;
  }

  /** True when nobody holds it or waits for it. */
  get isIdle(): boolean {
    return !this.#exclusive && this.#sharers === 0 && this.#waiters.length === 0;
  }

  /** Runs `run` while the lock is held. `EINTR` where `signal` ends the wait for it. */
  async during<T>(hold: Hold, signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
    if (this.#waiters.length > 0 || !this.#isFreeFor(hold)) await this.#wait(hold, signal);
    else this.#take(hold);
    try {
      return await run();
    } finally {
      this.#release(hold);
    }
  }

  #isFreeFor(hold: Hold): boolean {
    return !this.#exclusive && (hold === 'shared' || this.#sharers === 0);
  }

  #take(hold: Hold): void {
    if (hold === 'shared') this.#sharers++;
    else this.#exclusive = true;
  }

  #wait(hold: Hold, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        this.#grantNext();
        reject(new VfsError('EINTR'));
      };
      const waiter: Waiter = {
        hold,
        grant: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      this.#waiters.push(waiter);
      if (signal?.aborted === true) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    });
  }

  #release(hold: Hold): void {
    if (hold === 'shared') this.#sharers--;
    else this.#exclusive = false;
    this.#grantNext();
  }

  #grantNext(): void {
    for (let next = this.#waiters[0]; next !== undefined; next = this.#waiters[0]) {
      if (!this.#isFreeFor(next.hold)) return;
      this.#waiters.shift();
      this.#take(next.hold);
      next.grant();
    }
  }
}
