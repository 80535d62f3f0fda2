import type { TokenBucket } from './token-bucket.ts';

/** Tokens, and the bucket that they come from. */
export interface Need {
  readonly bucket: TokenBucket;
  readonly amount: number;
}
export type Needs = readonly Need[];

/** Something that starts once there are tokens for it. */
export interface Waiting {
  readonly needs: Needs;
  /** Called once, at once when its turn has come, with the tokens taken. Must not throw. */
  readonly start: () => void;
}

/** Calls `callback` once, after so many milliseconds; the answer takes that back. */
export type Timer = (callback: () => void, milliseconds: number) => () => void;

/**
 * Starts what waits for tokens: of one session in the order of its arrival, of all sessions in turn. A session whose
 * turn it is keeps its place until there are tokens for it, however many it needs: what it lacks is kept for it, and
 * others go on with other buckets. One timer, set only while something waits.
 */
export class FairQueue {
  readonly #now: () => number;
  readonly #timer: Timer;
  /** By session; the one whose turn is next first. None is empty. */
  readonly #sessions = new Map<string, Set<Waiting>>();
  #cancelTimer: (() => void) | undefined;

  /** `now` in milliseconds. */
  constructor(now: () => number, timer: Timer) {
    this.#now = now;
    this.#timer = timer;
  }

  /** True, and the tokens are taken, where nothing waits and all are there: no need to queue. */
  tryTake(needs: Needs): boolean {
    if (this.#sessions.size > 0) return false;
    if (needs.length > 0 && waitFor(needs, this.#now()) > 0) return false;
    take(needs);
    return true;
  }

  add(session: string, waiting: Waiting): void {
    const queue = this.#sessions.get(session);
    if (queue === undefined) this.#sessions.set(session, new Set([waiting]));
    else queue.add(waiting);
    this.run();
  }

  /** Takes back what waits. False: it has started already. */
  remove(session: string, waiting: Waiting): boolean {
    const queue = this.#sessions.get(session);
    if (queue?.delete(waiting) !== true) return false;
    if (queue.size === 0) this.#sessions.delete(session);
    this.run();
    return true;
  }

  /** Starts all that can start, and sets the timer for the rest. To be called when tokens were given back, too. */
  run(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let wait = this.#startNext();
    while (wait === 'started') wait = this.#startNext();
    if (wait === undefined) return;
    // Never 0: what rounding leaves over must not keep the processor busy.
    this.#cancelTimer = this.#timer(() => this.run(), Math.max(1, Math.ceil(wait)));
  }

  /** Starts the first that can, else answers the milliseconds until one may; absent where nothing waits. */
  #startNext(): 'started' | number | undefined {
    const now = this.#now();
    const kept = new Set<TokenBucket>();
    let soonest: number | undefined;
    for (const [session, queue] of this.#sessions) {
      const [first] = queue;
      if (first === undefined || first.needs.some(({ bucket }) => kept.has(bucket))) continue;
      const wait = waitFor(first.needs, now);
      if (wait === 0) {
        this.#start(session, queue, first);
        return 'started';
      }
      for (const { bucket, amount } of first.needs) if (bucket.waitFor(amount, now) > 0) kept.add(bucket);
      soonest = Math.min(wait, soonest ?? wait);
    }
    return soonest;
  }

  #start(session: string, queue: Set<Waiting>, waiting: Waiting): void {
    take(waiting.needs);
    queue.delete(waiting);
    this.#sessions.delete(session);
    if (queue.size > 0) this.#sessions.set(session, queue);
    waiting.start();
  }
}

/** Milliseconds until all that is needed is there. */
function waitFor(needs: Needs, now: number): number {
  let longest = 0;
  for (const { bucket, amount } of needs) longest = Math.max(longest, bucket.waitFor(amount, now));
  return longest;
}

function take(needs: Needs): void {
  for (const { bucket, amount } of needs) bucket.take(amount);
}
