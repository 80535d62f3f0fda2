import { ENTRY } from '../list/entry.ts';
import type { FileList } from '../list/file-list.ts';
import { isDirectory } from '../list/modes.ts';
import { Pace } from '../../pace.ts';

/** Entries between two looks at the clock. */
const STRIDE = 1024;

/** Entries that are in the numbering and nothing is done for, by number. */
export class DeadEntries {
  readonly #dead: Uint8Array;

  constructor(count: number) {
    this.#dead = new Uint8Array(count);
  }

  has(number: number): boolean {
    return this.#dead[number] === 1;
  }

  add(number: number): void {
    this.#dead[number] = 1;
  }
}

/** Of several entries with one name the first counts, a directory before anything else (flist_sort_and_clean, flist.c). */
export async function findDuplicates(list: FileList, tree: Uint32Array, dead: DeadEntries): Promise<void> {
  const pace = new Pace();
  let last = -1;
  for (let position = 0; position < tree.length; position++) {
    if (position % STRIDE === 0 && pace.due) await pace.rest();
    const number = tree[position] ?? 0;
    const same =
      last >= 0 && list.place(last) === list.place(number) && list.compareLeaves(last, number) === 0;
    if (same) {
      dead.add(number);
      if (list.isDirectory(number)) list.addFlags(last, list.flags(number) & (ENTRY.top | ENTRY.content));
      continue;
    }
    last = number;
    if (!isDirectory(list.mode(number)) && list.hasDirectory(list.name(number))) dead.add(number);
  }
}

/** `-m`: directories below which nothing but directories is left (prune_empty_dirs, flist.c). */
export async function pruneEmptyDirectories(
  list: FileList,
  tree: Uint32Array,
  dead: DeadEntries,
  isProtected: (name: string) => Promise<boolean>,
): Promise<void> {
  const pace = new Pace();
  /** Places with something in them, on the way up. */
  const full = new Set<string>();
  for (let position = tree.length - 1; position >= 0; position--) {
    if (position % STRIDE === 0 && pace.due) await pace.rest();
    const number = tree[position] ?? 0;
    if (dead.has(number)) continue;
    const place = list.placeName(number);
    if (!list.isDirectory(number)) {
      full.add(place);
      continue;
    }
    const keeps = full.delete(place) || list.name(number) === '.' || (await isProtected(list.name(number)));
    if (!keeps) dead.add(number);
    else full.add(place.slice(0, Math.max(0, place.lastIndexOf('/'))));
  }
}
