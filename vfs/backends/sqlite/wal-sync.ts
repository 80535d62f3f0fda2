import { close, fdatasync, open } from 'node:fs';
import { promisify } from 'node:util';

const openAsync = promisify(open);
const closeAsync = promisify(close);
const fdatasyncAsync = promisify(fdatasync);

/**
 * Makes committed transactions survive the loss of power without holding the thread: syncs the WAL through a
 * descriptor of its own (no lock lives on that file). Calls that meet share one sync: one runs, one waits.
 */
export class WalSync {
  readonly #file: string;
  readonly #syncFile: (descriptor: number) => Promise<void>;
  #descriptor: number | undefined;
  /** The sync that has not begun: it serves every call until it does. */
  #waiting: Promise<void> | undefined;
  /** Settles, always well, when all syncs asked for so far have ended. */
  #ended: Promise<void> = Promise.resolve();

  constructor(storageFile: string, syncFile: (descriptor: number) => Promise<void> = fdatasyncAsync) {
    this.#file = `${storageFile}-wal`;
    this.#syncFile = syncFile;
  }

  /** Resolves when everything that was committed before the call is on the disk. */
  sync(): Promise<void> {
    if (this.#waiting !== undefined) return this.#waiting;
    const waiting = this.#ended.then(() => {
      this.#waiting = undefined;
      return this.#syncOnce();
    });
    this.#waiting = waiting;
    this.#ended = waiting.catch(() => undefined);
    return waiting;
  }

  /** When all syncs have ended. */
  async close(): Promise<void> {
    await this.#ended;
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    await closeAsync(descriptor);
  }

  async #syncOnce(): Promise<void> {
    this.#descriptor ??= await openAsync(this.#file, 'r+');
    await this.#syncFile(this.#descriptor);
  }
}
