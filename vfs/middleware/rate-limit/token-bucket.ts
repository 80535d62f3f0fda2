import { VfsError } from '../../errors.ts';

/** How much may pass. */
export interface Rate {
  /** More than 0. */
  readonly perSecond: number;
  /** What may pass at once after a rest. Default: what passes in one second, at least 1. */
  readonly burst?: number | undefined;
}

/**
 * A bucket of tokens that fills by `perSecond` up to `burst`. More than a burst may be taken when it is full; it is in
 * debt then, and fills up from there.
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #level: number;
  #filledAt: number;

  /** Full at `now`, in milliseconds. `EINVAL` for a rate that is none. */
  constructor({ perSecond, burst = Math.max(1, perSecond) }: Rate, now: number) {
    if (!(perSecond > 0 && burst > 0 && Number.isFinite(perSecond) && Number.isFinite(burst)))
      throw new VfsError('EINVAL', { detail: 'a rate and its burst must be more than 0' });
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#level = burst;
    this.#filledAt = now;
  }

  /** Milliseconds from `now` until `amount` may be taken; 0: at once. */
  waitFor(amount: number, now: number): number {
    this.#fill(now);
    const missing = Math.min(amount, this.#burst) - this.#level;
    return missing <= 0 ? 0 : (missing / this.#perSecond) * 1000;
  }

  /** To be asked when `waitFor` has just answered 0. */
  take(amount: number): void {
    this.#level -= amount;
  }

  /** What was taken and not used after all. */
  giveBack(amount: number): void {
    this.#level = Math.min(this.#burst, this.#level + amount);
  }

  /** A clock that goes back fills nothing. */
  #fill(now: number): void {
    const elapsed = Math.max(0, now - this.#filledAt);
    this.#filledAt = now;
    this.#level = Math.min(this.#burst, this.#level + (elapsed / 1000) * this.#perSecond);
  }
}
