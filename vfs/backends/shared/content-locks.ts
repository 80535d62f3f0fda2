import { ReadWriteLock, type Hold } from './read-write-lock.ts';

/** What `ContentLocks.during` is asked to hold: the content of one file. */
export interface ContentHold {
  /** Names the file whatever its paths. */
  readonly key: string;
  readonly hold: Hold;
}

/** Since when an observer looks, in steps of the clock of changes. */
export type Observation = number;

/**
 * Locks on the contents of files, so that calls of more than one step are seen whole or not at all. Cost: an entry
 * for each file in use at the moment.
 */
export class ContentLocks {
  readonly #locks = new Map<string, ReadWriteLock>();
  /** When the last change of a file ended, while anybody observes. */
  readonly #ended = new Map<string, number>();
  #observers = 0;
  #clock = 0;

  /** Runs `run` while the content is held. `EINTR` where `signal` ends the wait. */
  async during<T>(
    { key, hold }: ContentHold,
    signal: AbortSignal | undefined,
    run: () => Promise<T>,
  ): Promise<T> {
    const lock = this.#locks.get(key) ?? new ReadWriteLock();
    this.#locks.set(key, lock);
    try {
      return await lock.during(hold, signal, run);
    } finally {
      if (hold === 'exclusive' && this.#observers > 0) this.#ended.set(key, ++this.#clock);
      if (lock.isIdle) this.#locks.delete(key);
    }
  }

  /** Two contents at once, always in the same order, so that two copies never wait for each other. */
  async duringBoth<T>(
    one: ContentHold,
    other: ContentHold,
    signal: AbortSignal | undefined,
    run: () => Promise<T>,
  ): Promise<T> {
    if (one.key === other.key) return this.during({ key: one.key, hold: 'exclusive' }, signal, run);
    const [first, second] = one.key < other.key ? [one, other] : [other, one];
    return this.during(first, signal, () => this.during(second, signal, run));
  }

  /** Begins to look; to be ended by `unobserve`. */
  observe(): Observation {
    this.#observers++;
    return this.#clock;
  }

  unobserve(): void {
    this.#observers--;
    if (this.#observers === 0) this.#ended.clear();
  }

  /** True where what was seen of the file since then may be half of a change. */
  mayHaveChanged(key: string, since: Observation): boolean {
    return this.#locks.get(key)?.isHeldAlone === true || (this.#ended.get(key) ?? 0) > since;
  }
}
