import { compareNames } from '../../../names.ts';
import type { ListedDirectory } from './listed-directory.ts';

/** Milliseconds that the clock of a kernel's file times may stand still, with room to spare. */
const CLOCK_STEP = 50;

/** Names of a directory, sorted. */
export interface NameWindow {
  /** It begins after this name; undefined: at the beginning. */
  readonly after: string | undefined;
  readonly names: readonly string[];
  /** No names follow. */
  readonly isLast: boolean;
  readonly stamp: Stamp;
}

/** As it was asked before the names were read. */
export interface Stamp {
  readonly times: string;
  /** Long enough ago that another change would have given it another time: clocks go in steps. */
  readonly isPast: boolean;
}

/** Asks a directory when it last changed. */
export async function stampOf(directory: ListedDirectory): Promise<Stamp> {
  const { times, changed } = await directory.stamp();
  return { times, isPast: Date.now() - changed > CLOCK_STEP };
}

/** True where nothing can have changed since the window was read. */
export function isUnchanged({ stamp }: NameWindow, { times }: Stamp): boolean {
  return stamp.isPast && stamp.times === times;
}

/** True when the window has the names that come next after `after`. */
export function reaches(window: NameWindow, after: string | undefined): boolean {
  if (after === undefined) return false;
  const begins = window.after === undefined || compareNames(window.after, after) <= 0;
  return begins && (window.isLast || compareNames(after, window.names.at(-1) ?? '') < 0);
}

/** Reads the whole directory and keeps the first names after `after`. */
export async function readWindow(
  directory: ListedDirectory,
  after: string | undefined,
  stamp: Stamp,
  namesMax: number,
): Promise<NameWindow> {
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

/** UTF-16 orders as bytes do up to the surrogates, and there the engine's own order will do. */
function sortNames(names: string[]): void {
  if (names.some((name) => /[\ud800-\uffff]/.test(name))) names.sort(compareNames);
  else names.sort();
}

/** The place of the first name after `after` in sorted names. */
export function firstAfter(names: readonly string[], after: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareNames(names[middle] ?? '', after) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
