import { canonicalText } from '../../names.ts';

/** Names kept before all are forgotten. */
const KEPT = 4096;

/**
 * What names were found to name, or to be free: most names that somebody asks for are asked for again soon, by the next layer or by
 * the next request. By directory and name; a name as the one text that has its bytes.
 */
export class KnownNames {
  readonly #directories = new Map<number, Map<string, number>>();
  #size = 0;

  /** The inode's number; 0 where the name is known to be free; absent where nothing is known. */
  get(directory: number, name: string): number | undefined {
    return this.#directories.get(directory)?.get(canonicalText(name));
  }

  /** `ino`: 0 for a name that is free. */
  set(directory: number, name: string, ino: number): void {
    if (this.#size >= KEPT) this.clear();
    let names = this.#directories.get(directory);
    if (names === undefined) this.#directories.set(directory, (names = new Map()));
    const before = names.size;
    names.set(canonicalText(name), ino);
    this.#size += names.size - before;
  }

  clear(): void {
    this.#directories.clear();
    this.#size = 0;
  }
}
