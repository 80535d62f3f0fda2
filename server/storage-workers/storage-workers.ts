import type { Logger } from '../log.ts';
import { StorageThread, type StorageFile, type ThreadStorage } from './storage-thread.ts';

/**
 * The threads in which storages are, so that no commit holds up the thread that speaks to clients. A storage belongs to one
 * of them by its name. A thread begins with its first storage; one that has died is replaced when it is asked next.
 */
export class StorageWorkers {
  readonly #log: Logger;
  readonly #memory: SharedArrayBuffer | undefined;
  readonly #threads: (StorageThread | undefined)[];

  /** `memory`: where bytes are that are not copied on their way to a thread and back (`CallContext.into`). */
  constructor(count: number, log: Logger, memory?: SharedArrayBuffer) {
    this.#log = log;
    this.#memory = memory;
    this.#threads = Array<undefined>(count).fill(undefined);
  }

  /** Opens a storage. Rejects as `SqliteBackend.open` does. Its `ended` tells of a thread that has died. */
  async open(storage: StorageFile): Promise<ThreadStorage> {
    const thread = await this.#threadOf(storage.name);
    try {
      return await thread.open(storage);
    } catch (error) {
      // It died before it could say anything: nothing was lost by that, and there will be another one.
      if (!thread.over) throw error;
      await thread.ended;
      return (await this.#threadOf(storage.name)).open(storage);
    }
  }

  /** Ends every thread at once: what it had open is lost to whoever uses it. */
  async terminate(): Promise<void> {
    await Promise.all(this.#threads.map(async (thread) => thread?.terminate()));
  }

  async #threadOf(name: string): Promise<StorageThread> {
    const index = hashOf(name) % this.#threads.length;
    let thread = this.#threads[index];
    while (thread?.over === true) {
      await thread.ended;
      if (this.#threads[index] === thread) this.#threads[index] = undefined;
      thread = this.#threads[index];
    }
    return (this.#threads[index] ??= new StorageThread(this.#log, this.#memory));
  }
}

/** FNV-1a, over UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  }
  return hash >>> 0;
}
