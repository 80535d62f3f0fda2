/** When somebody began to look, in steps of a clock that moves with each change that ends. */
export type Moment = number;

/** The key of a change that may be about anything: of all keys it is asked whether this one is steady. */
export const EVERYTHING = '*';

/** Keys of ended changes that are remembered. */
const ENDED_MAX = 4096;

/** What can be asked while one looks. */
export interface Since {
  /** No change of any of them is under way, or has ended since. */
  readonly isSteady: (...keys: readonly string[]) => boolean;
  /** A change of one of them has ended since. */
  readonly hasEnded: (...keys: readonly string[]) => boolean;
}

/** Which of the things that are cached are changing, or have changed since somebody began to look at them. */
export class Changes {
  readonly #running = new Map<string, number>();
  /** When the last change of each ended, while anybody looks; of so many, since somebody may always be looking. */
  readonly #ended = new Map<string, Moment>();
  /** As if a change of everything had ended then. */
  #allEnded: Moment = 0;
  #lookers = 0;
  #now: Moment = 0;

  get now(): Moment {
    return this.#now;
  }

  begin(keys: readonly string[]): void {
    for (const key of keys) this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
  }

  end(keys: readonly string[]): void {
    this.#now++;
    for (const key of keys) {
      const left = (this.#running.get(key) ?? 1) - 1;
      if (left === 0) this.#running.delete(key);
      else this.#running.set(key, left);
      if (this.#lookers > 0) this.#ended.set(key, this.#now);
    }
    if (this.#ended.size > ENDED_MAX) this.endAll();
  }

  /** Nobody who looks now can be sure of anything. */
  endAll(): void {
    this.#allEnded = ++this.#now;
    this.#ended.clear();
  }

  /** Looks while `look` runs; what it sees is to be kept only where `isSteady` says so of all that it is about. */
  async while<T>(look: (since: Since) => Promise<T>): Promise<T> {
    const since = this.#now;
    this.#lookers++;
    try {
      return await look({
        isSteady: (...keys) =>
          [...keys, EVERYTHING].every((key) => !this.#running.has(key) && !this.#hasEnded(key, since)),
        hasEnded: (...keys) => [...keys, EVERYTHING].some((key) => this.#hasEnded(key, since)),
      });
    } finally {
      this.#lookers--;
      if (this.#lookers === 0) this.#ended.clear();
    }
  }

  #hasEnded(key: string, since: Moment): boolean {
    return this.#allEnded > since || (this.#ended.get(key) ?? since) > since;
  }
}
