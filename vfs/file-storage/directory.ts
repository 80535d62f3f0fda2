import { VfsError } from '../errors.ts';
import type { DirectoryItem } from './file-stats.ts';

/** An open directory in the shape of `fs.Dir`: its entries one after the other, a page of them in memory. */
export class Directory<N extends string | Uint8Array = string> {
  /** As it was opened. */
  readonly path: string;
  readonly #items: AsyncGenerator<DirectoryItem<N>>;
  #closed = false;

  constructor(path: string, items: AsyncGenerator<DirectoryItem<N>>) {
    this.path = path;
    this.#items = items;
  }

  /** The next entry, `null` after the last. */
  async read(): Promise<DirectoryItem<N> | null> {
    if (this.#closed) throw this.#isClosed();
    const { value, done } = await this.#items.next();
    return done === true ? null : value;
  }

  async close(): Promise<void> {
    if (this.#closed) throw this.#isClosed();
    this.#closed = true;
    await this.#items.return(undefined);
  }

  /** Closes the directory after the last entry, or when the loop is left. */
  async *[Symbol.asyncIterator](): AsyncGenerator<DirectoryItem<N>, undefined> {
    try {
      for (let item = await this.read(); item !== null; item = await this.read()) yield item;
    } finally {
      await this[Symbol.asyncDispose]();
    }
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.close();
  }

  #isClosed(): VfsError {
    return new VfsError('EBADF', { syscall: 'readdir', path: this.path, detail: 'the directory is closed' });
  }
}
