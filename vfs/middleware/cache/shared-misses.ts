import type { OpName } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { Changes, Moment } from './changes.ts';

interface Flight {
  readonly since: Moment;
  readonly answer: Promise<unknown>;
}

/** Calls for the same thing that are on their way, so that who asks meanwhile waits for the same answer. */
export class SharedMisses {
  readonly #flights = new Map<string, Flight>();
  readonly #changes: Changes;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** Nobody joins a call that began before a change had ended. `EINTR` where `signal` ends the wait; the call goes on. */
  once<T>(op: OpName, what: string, signal: AbortSignal | undefined, ask: () => Promise<T>): Promise<T> {
    const key = `${op} ${what}`;
    const since = this.#changes.now;
    const flight = this.#flights.get(key);
    // What is asked by one key has one type.
    if (flight?.since === since) return unlessAborted(op, flight.answer as Promise<T>, signal);
    const answer = ask().finally(() => {
      if (this.#flights.get(key)?.answer === answer) this.#flights.delete(key);
    });
    this.#flights.set(key, { since, answer });
    return unlessAborted(op, answer, signal);
  }
}

function unlessAborted<T>(op: OpName, answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return answer;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new VfsError('EINTR', { op }));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
