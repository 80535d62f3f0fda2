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
  #descriptor: Promise<number> | undefined;
  #running: Promise<void> | undefined;
  #waiting: Promise<void> | undefined;

  constructor(storageFile: string) {
    this.#file = `${storageFile}-wal`;
  }

  /** Resolves when everything that was committed before the call is on the disk. */
  sync(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    this.#waiting ??= this.#running.catch(() => undefined).then(() => this.#start());
    return this.#waiting;
  }

  async close(): Promise<void> {
    await this.#waiting?.catch(() => undefined);
    await this.#running?.catch(() => undefined);
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) await closeAsync(await descriptor);
  }

  #start(): Promise<void> {
    this.#waiting = undefined;
    const running = this.#syncOnce().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #syncOnce(): Promise<void> {
    this.#descriptor ??= openAsync(this.#file, 'r+').catch((error: unknown) => {
      this.#descriptor = undefined;
      throw error;
    });
    await fdatasyncAsync(await this.#descriptor);
  }
}
