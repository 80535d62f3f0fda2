import { closeSync, fdatasync, openSync } from 'node:fs';

/** Bytes written since the last time before the host is asked to write them to the disk. */
const STEP_BYTES = 4 * 1024 * 1024;

/**
 * Has the host write a storage's file to the disk while the store goes on, so that the sync at the end of a large group finds
 * little left to do. It promises nothing, and what it fails with SQLite's own sync is told too, since each descriptor is.
 *
 * Closing any descriptor of the file ends the locks that SQLite holds on it (fcntl(2)), so this one is closed after the
 * database, by the same turn.
 */
export class WriteBack {
  readonly #file: string;
  #descriptor: number | undefined;
  #running: Promise<void> | undefined;
  /** Bytes of the group when the host was asked last. */
  #asked = 0;

  constructor(file: string) {
    this.#file = file;
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  /** `bytes`: written in this group so far. */
  goOn(bytes: number): void {
    if (bytes < this.#asked) this.#asked = 0;
    if (this.#running !== undefined || bytes - this.#asked < STEP_BYTES) return;
    this.#asked = bytes;
    this.#begin();
  }

  /** Settles when the host has written what it has been given so far. */
  async caughtUp(): Promise<void> {
    await this.#running;
    if (this.#running === undefined) this.#begin();
    await this.#running;
  }

  /** Settles when the host has done what it was asked for. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** At once after the database is closed, and idle. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #begin(): void {
    const descriptor = this.#open();
    if (descriptor === undefined) return;
    this.#running = new Promise((resolve) => {
      fdatasync(descriptor, () => {
        this.#running = undefined;
        resolve();
      });
    });
  }

  /** Absent where no more files can be open: then the end of the group takes longer. */
  #open(): number | undefined {
    try {
      return (this.#descriptor ??= openSync(this.#file, 'r'));
    } catch {
      return undefined;
    }
  }
}
