import { getHeapStatistics } from 'node:v8';
import { BESIDE_HEAP_MAX_MIB } from '../messages.ts';

/** Questions that are passed over between two looks; a command asks about eight. */
const SELDOM = 16;
const WAITING_MILLISECONDS = 100;

/**
 * Looks at what this thread holds outside of V8's heap: buffers, and the long strings that Node makes of them. The limits
 * of a worker thread (`resourceLimits`) do not count them.
 */
export class MemoryGuard {
  readonly #full: () => void;
  #asked = 0;

  /** `full` is to end the thread. */
  constructor(full: () => void) {
    this.#full = full;
    setInterval(() => this.#look(), WAITING_MILLISECONDS).unref();
  }

  /** To be called often, where no timer may run. */
  readonly onCommand = (): void => {
    this.#asked = (this.#asked + 1) % SELDOM;
    if (this.#asked === 0) this.#look();
  };

  #look(): void {
    if (getHeapStatistics().external_memory > BESIDE_HEAP_MAX_MIB * 1024 * 1024) this.#full();
  }
}
