/** Milliseconds after which long work lets others have a turn of the event loop. */
const TURN_MILLISECONDS = 2;

/** Lets long work give way: other sessions live in the same event loop. */
export class Pace {
  #since = performance.now();

  /** Whether the turn has lasted long enough. */
  get due(): boolean {
    return performance.now() - this.#since > TURN_MILLISECONDS;
  }

  async rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
