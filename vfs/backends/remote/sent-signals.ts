import type { SignalState } from './messages.ts';

interface Sent {
  readonly number: number;
  readonly onAbort: () => void;
  calls: number;
}

/** The signals of calls that are under way, each with a number; sessions use one signal for all of their calls. */
export class SentSignals {
  readonly #onAbort: (number: number) => void;
  readonly #sent = new Map<AbortSignal, Sent>();
  #next = 1;

  constructor(onAbort: (number: number) => void) {
    this.#onAbort = onAbort;
  }

  /** For a call that begins. */
  begin(signal: AbortSignal): SignalState {
    const sent = this.#sent.get(signal) ?? this.#add(signal);
    sent.calls++;
    return { number: sent.number, aborted: signal.aborted };
  }

  /** For one that has ended. */
  end(signal: AbortSignal): void {
    const sent = this.#sent.get(signal);
    if (sent === undefined || --sent.calls > 0) return;
    this.#sent.delete(signal);
    signal.removeEventListener('abort', sent.onAbort);
  }

  #add(signal: AbortSignal): Sent {
    const number = this.#next++;
    const onAbort = (): void => this.#onAbort(number);
    const sent = { number, onAbort, calls: 0 };
    this.#sent.set(signal, sent);
    signal.addEventListener('abort', onAbort);
    return sent;
  }
}
