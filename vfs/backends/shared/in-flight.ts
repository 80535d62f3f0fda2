/** Counts calls that are under way, so that what they use is let go after the last of them. */
export class InFlight {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  async during<T>(run: () => Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await run();
    } finally {
      this.#running--;
      if (this.#running === 0) for (const wake of this.#waiting.splice(0)) wake();
    }
  }

  /** Settles when none is under way. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
