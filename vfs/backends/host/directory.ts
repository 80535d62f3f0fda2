import type { FileHandle } from 'node:fs/promises';
import { nameInDirectory } from './descriptors.ts';

/** A directory that is open while somebody works in it. */
export class Directory {
  readonly handle: FileHandle;
  /** Names the inode. */
  readonly key: string;
  #users = 1;

  constructor(handle: FileHandle, key: string) {
    this.handle = handle;
    this.key = key;
  }

  get fd(): number {
    return this.handle.fd;
  }

  /** The host's name of an entry. */
  entry(name: string): Buffer {
    return nameInDirectory(this.fd, name);
  }

  share(): this {
    this.#users++;
    return this;
  }

  /** Closes with its last user. */
  async release(): Promise<void> {
    this.#users--;
    if (this.#users === 0) await this.handle.close();
  }
}
