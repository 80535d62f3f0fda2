import type { Timer } from '../../../vfs/middleware/rate-limit.ts';

interface Pending {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is moved, with timers that run then. */
export class ManualClock {
  #now = 0;
  #timers: Pending[] = [];
  /** Timers that were ever set. */
  set = 0;

  readonly now = (): number => this.#now;

  readonly timer: Timer = (callback, milliseconds) => {
    const entry = { at: this.#now + milliseconds, callback };
    this.set++;
    this.#timers.push(entry);
    return () => (this.#timers = this.#timers.filter((other) => other !== entry));
  };

  get waiting(): number {
    return this.#timers.length;
  }

  /** Moves on, running each timer at its time, and lets promises settle. */
  async move(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settled();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = next.at;
      next.callback();
      await settled();
    }
    this.#now = end;
  }

  #next(end: number): Pending | undefined {
    return this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** Everything that promises alone can bring about has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
