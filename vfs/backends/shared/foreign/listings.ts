import type { ReaddirPage } from '../../../backend.ts';
import { isVfsError } from '../../../errors.ts';
import { compareNames } from '../../../names.ts';
import type { DirectoryEntry, Stats } from '../../../stats.ts';
import { hasCode } from './foreign-error.ts';

/** A directory of another file system, which has its names in no order. */
export interface ListedDirectory {
  /** Names the inode. */
  readonly key: string;
  /** When it last changed, as finely as the file system can say. */
  stamp(): Promise<DirectoryStamp>;
  names(): AsyncIterable<string> | Iterable<string>;
  /** Attributes of an entry. `ENOENT` for one that is gone, `EACCES` as a `VfsError` for one that is not served. */
  stat(name: string): Promise<Stats>;
}

export interface DirectoryStamp {
  /** Other after each change, but for changes that come within one step of the clock. */
  readonly times: string;
  /** Milliseconds since 1970. */
  readonly changed: number;
}

/** Listings that are remembered from page to page. */
const LISTINGS_MAX = 8;
/** Entries whose attributes are asked for at the same time. */
const AT_ONCE = 32;
/** Milliseconds that the clock of a kernel's file times may stand still, with room to spare. */
const CLOCK_STEP = 50;

/** Names of a directory, sorted. */
interface Window {
  /** It begins after this name; undefined: at the beginning. */
  readonly after: string | undefined;
  readonly names: readonly string[];
  /** No names follow. */
  readonly isLast: boolean;
  readonly stamp: Stamp;
}

/** As it was asked before the names were read. */
interface Stamp {
  readonly times: string;
  /** Long enough ago that another change would have given it another time: clocks go in steps. */
  readonly isPast: boolean;
}

/**
 * Lists directories in the order of their names.
 *
 * The sorted names are remembered between the pages of a listing for as long as the directory has surely not changed; a first
 * page is always read anew. Memory: `namesMax` names for each of 8 listings at most. Cost: O(n) and a sort for the
 * first page, then a search; for a larger directory again for each window of `namesMax` names.
 */
export class Listings {
  /** By the key of the directory, the least recently used first. */
  readonly #windows = new Map<string, Window>();
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

  async #windowAfter(directory: ListedDirectory, after: string | undefined): Promise<Window> {
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

async function stampOf(directory: ListedDirectory): Promise<Stamp> {
  const { times, changed } = await directory.stamp();
  return { times, isPast: Date.now() - changed > CLOCK_STEP };
}

function isUnchanged({ stamp }: Window, { times }: Stamp): boolean {
  return stamp.isPast && stamp.times === times;
}

/** True when the window has the names that come next after `after`. */
function reaches(window: Window, after: string | undefined): boolean {
  if (after === undefined) return false;
  const begins = window.after === undefined || compareNames(window.after, after) <= 0;
  return begins && (window.isLast || compareNames(after, window.names.at(-1) ?? '') < 0);
}

/** Reads the whole directory and keeps the first names after `after`. */
async function readWindow(
  directory: ListedDirectory,
  after: string | undefined,
  stamp: Stamp,
  namesMax: number,
): Promise<Window> {
  let names: string[] = [];
  let isLast = true;
  const keep = (): void => {
    sortNames(names);
    isLast &&= names.length <= namesMax;
    names = names.slice(0, namesMax);
  };
  for await (const name of directory.names()) {
    if (after !== undefined && compareNames(name, after) <= 0) continue;
    names.push(name);
    if (names.length === 2 * namesMax) keep();
  }
  keep();
  return { after, names, isLast, stamp };
}

/** UTF-16 orders as bytes do up to the surrogates, and the plain sort is ten times as fast. */
function sortNames(names: string[]): void {
  if (names.some((name) => /[\ud800-\uffff]/.test(name))) names.sort(compareNames);
  else names.sort();
}

/** The place of the first name after `after` in sorted names. */
function firstAfter(names: readonly string[], after: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareNames(names[middle] ?? '', after) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
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
