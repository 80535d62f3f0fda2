import { setMaxListeners } from 'node:events';
import type { SignalState } from './messages.ts';

interface Received {
  readonly controller: AbortController;
  calls: number;
}

/** The client's signals as signals of ours, as long as a call with them is under way. */
export class ReceivedSignals {
  readonly #received = new Map<number, Received>();
  readonly #over = newController();

  /** For a call that begins. One without a signal of the client ends its waits with the connection. */
  begin(state: SignalState | undefined): AbortSignal {
    if (state === undefined) return this.#over.signal;
    const { number, aborted } = state;
    let received = this.#received.get(number);
    if (received === undefined)
      this.#received.set(number, (received = { controller: newController(), calls: 0 }));
    received.calls++;
    if (aborted) received.controller.abort();
    return received.controller.signal;
  }

  /** For one that has ended. */
  end(state: SignalState | undefined): void {
    if (state === undefined) return;
    const received = this.#received.get(state.number);
    if (received !== undefined && --received.calls === 0) this.#received.delete(state.number);
  }

  /** One that is not under way has nothing left to end. */
  abort(number: number): void {
    this.#received.get(number)?.controller.abort();
  }

  abortAll(): void {
    this.#over.abort();
    for (const { controller } of this.#received.values()) controller.abort();
  }
}

/** Any number of calls may wait on it. */
function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
