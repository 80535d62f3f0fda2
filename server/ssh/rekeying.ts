export interface RekeyingLimits {
  /** New keys after so many bytes in either direction (RFC 4253 section 9). */
  readonly rekeyBytes: number;
  /** New keys after so many milliseconds. */
  readonly rekeyMilliseconds: number;
}

/** A client that does not answer our wish for new keys for so many milliseconds is given up. */
const ANSWER_MILLISECONDS_MAX = 60_000;

/** Knows when a connection needs new keys. Before the first ones, never. */
export class Rekeying {
  readonly #limits: RekeyingLimits;
  readonly #onStalled: () => void;
  #since = Infinity;
  #bytes = 0;
  #deadline: NodeJS.Timeout | undefined;

  constructor(limits: RekeyingLimits, onStalled: () => void) {
    this.#limits = limits;
    this.#onStalled = onStalled;
  }

  /** Keys are new, after so many bytes of the connection. */
  keyed(bytes: number): void {
    this.stop();
    this.#since = performance.now();
    this.#bytes = bytes;
  }

  /** True once, when new keys are to be asked for; from then on the client has a minute. */
  isDue(bytes: number): boolean {
    if (this.#deadline !== undefined || this.#since === Infinity) return false;
    const { rekeyBytes, rekeyMilliseconds } = this.#limits;
    const due = bytes - this.#bytes >= rekeyBytes || performance.now() - this.#since >= rekeyMilliseconds;
    if (!due) return false;
    this.#deadline = setTimeout(this.#onStalled, ANSWER_MILLISECONDS_MAX);
    this.#deadline.unref();
    return true;
  }

  stop(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }
}
