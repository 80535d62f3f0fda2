import type { ReaddirPage } from '../../../backend.ts';
import { isVfsError } from '../../../errors.ts';
import type { DirectoryEntry } from '../../../stats.ts';
import { hasCode } from './foreign-error.ts';
import type { ListedDirectory } from './listed-directory.ts';
import { firstAfter, isUnchanged, reaches, readWindow, stampOf, type NameWindow } from './name-window.ts';

/** Listings that are remembered from page to page. */
const LISTINGS_MAX = 8;
/** Entries whose attributes are asked for at the same time. */
const AT_ONCE = 32;

/**
 * Lists directories in the order of their names.
 *
 * The sorted names are remembered between the pages of a listing for as long as the directory has surely not changed; a first
 * page is always read anew. Memory: `namesMax` names for each of 8 listings at most. Cost: O(n) and a sort for the
 * first page, then a search; for a larger directory again for each window of `namesMax` names.
 */
export class Listings {
  /** By the key of the directory, the least recently used first. */
  readonly #windows = new Map<string, NameWindow>();
  readonly #namesMax: number;

  /** `namesMax`: names in memory for one listing; a larger directory is read again for each window of so many. */
  constructor(namesMax: number) {
    this.#namesMax = namesMax;
  }

  /** To be told before each change of a directory's names. */
  forget(key: string): void {
    this.#windows.delete(key);
  }

  async page(directory: ListedDirectory, { after, limit }: ReaddirPage): Promise<DirectoryEntry[]> {
    const entries: DirectoryEntry[] = [];
    let last = after;
    for (;;) {
      const window = await this.#windowAfter(directory, last);
      let next = last === undefined ? 0 : firstAfter(window.names, last);
      while (entries.length < limit && next < window.names.length) {
        const names = window.names.slice(next, next + Math.min(AT_ONCE, limit - entries.length));
        entries.push(...(await entriesOf(directory, names)));
        next += names.length;
        last = names.at(-1);
      }
      const isEnd = window.isLast && next >= window.names.length;
      if (isEnd) this.forget(directory.key);
      if (isEnd || entries.length >= limit) return entries;
    }
  }

  async #windowAfter(directory: ListedDirectory, after: string | undefined): Promise<NameWindow> {
    const stamp = await stampOf(directory);
    const known = this.#windows.get(directory.key);
    this.#windows.delete(directory.key);
    const window =
      known !== undefined && isUnchanged(known, stamp) && reaches(known, after)
        ? known
        : await readWindow(directory, after, stamp, this.#namesMax);
    this.#windows.set(directory.key, window);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > LISTINGS_MAX && oldest !== undefined) this.#windows.delete(oldest);
    return window;
  }
}

/** What is gone meanwhile, and what is not served, is left out. All questions are answered when this ends, however it ends. */
async function entriesOf(directory: ListedDirectory, names: readonly string[]): Promise<DirectoryEntry[]> {
  const asked = names.map((name) => directory.stat(name));
  const answers = await Promise.allSettled(asked);
  const entries: DirectoryEntry[] = [];
  for (const [index, answer] of answers.entries()) {
    if (answer.status === 'fulfilled') entries.push({ name: names[index] as string, stats: answer.value });
    else if (!isLeftOut(answer.reason)) throw answer.reason;
  }
  return entries;
}

function isLeftOut(reason: unknown): boolean {
  return hasCode(reason, 'ENOENT') || isVfsError(reason, 'EACCES');
}
