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
  readonly #isDurable: () => boolean;
  readonly #syncFile: (descriptor: number) => Promise<void>;
  #descriptor: number | undefined;
  #restarts = 0;
  /** The sync that has not begun: it serves every call until it does. */
  #waiting: Promise<void> | undefined;
  /** Settles, always well, when all syncs asked for so far have ended. */
  #ended: Promise<void> = Promise.resolve();

  /** `isDurable`: what is committed is on the disk already, and there is no WAL. */
  constructor(
    storageFile: string,
    isDurable: () => boolean = () => false,
    syncFile: (descriptor: number) => Promise<void> = fdatasyncAsync,
  ) {
    this.#file = `${storageFile}-wal`;
    this.#isDurable = isDurable;
    this.#syncFile = syncFile;
  }

  /** What was the WAL so far is on the disk and gone; if there is one, it is another file. */
  restart(): void {
    this.#restarts += 1;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined)
      this.#ended = this.#ended.then(() => closeAsync(descriptor)).catch(() => undefined);
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
    if (this.#isDurable()) return;
    const restarts = this.#restarts;
    const descriptor = this.#descriptor ?? (await this.#open(restarts));
    if (descriptor !== undefined) await this.#syncFile(descriptor);
  }

  /** Absent where the WAL was restarted meanwhile, which has done what the sync was asked for. */
  async #open(restarts: number): Promise<number | undefined> {
    let descriptor: number;
    try {
      descriptor = await openAsync(this.#file, 'r+');
    } catch (error) {
      if (restarts !== this.#restarts) return undefined;
      throw error;
    }
    if (restarts === this.#restarts) return (this.#descriptor = descriptor);
    await closeAsync(descriptor);
    return undefined;
  }
}
