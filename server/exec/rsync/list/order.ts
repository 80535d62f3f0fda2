import { Pace } from '../../pace.ts';
import type { FileList } from './file-list.ts';

/** Comparisons between two looks at the clock. */
const STRIDE = 1024;

type Compare = (a: number, b: number) => number;

/** How the entries of a list are numbered on the wire, and how they are worked through. */
export interface ListOrder {
  /** Entry (as sent) by its index on the wire. */
  readonly wire: Uint32Array;
  /** Index on the wire by entry. */
  readonly indexes: Uint32Array;
  /** Entries by place and name: a directory is before all that is in it, files before directories. */
  readonly tree: Uint32Array;
}

/** Sorts a complete list (flist_sort_and_clean, f_name_cmp, flist.c). Equal names keep their order. */
export async function orderList(list: FileList, protocol: number): Promise<ListOrder> {
  const pace = new Pace();
  const tree = await sorted(identity(list.count), byPlace(list, await ranksOf(list.places, pace)), pace);
  const wire = protocol >= 29 ? tree : await sorted(identity(list.count), byName(list), pace);
  const indexes = new Uint32Array(list.count);
  for (let index = 0; index < wire.length; index++) indexes[wire[index] ?? 0] = index;
  return { wire, indexes, tree };
}

function identity(count: number): Uint32Array {
  const values = new Uint32Array(count);
  for (let index = 0; index < count; index++) values[index] = index;
  return values;
}

/** Directories compare with a slash at their end. */
async function ranksOf(places: readonly string[], pace: Pace): Promise<Uint32Array> {
  const keys = places.map((place) => (place === '' ? '' : `${place}/`));
  const order = await sorted(
    identity(places.length),
    (a, b) => compareText(keys[a] ?? '', keys[b] ?? ''),
    pace,
  );
  const ranks = new Uint32Array(places.length);
  for (const [rank, place] of order.entries()) ranks[place] = rank;
  return ranks;
}

function byPlace(list: FileList, ranks: Uint32Array): Compare {
  return (a, b) => {
    const left = list.place(a);
    const right = list.place(b);
    if (left !== right) return (ranks[left] ?? 0) - (ranks[right] ?? 0);
    return list.compareLeaves(a, b);
  };
}

/** Before protocol 29. */
function byName(list: FileList): Compare {
  return (a, b) => compareText(list.name(a), list.name(b));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A stable merge sort of runs that gives way. Lists come nearly sorted, in long runs. */
async function sorted(values: Uint32Array, compare: Compare, pace: Pace): Promise<Uint32Array> {
  let from = values;
  let to: Uint32Array = new Uint32Array(values.length);
  let runs = await runsOf(from, compare, pace);
  let work = 0;
  while (runs.length > 2) {
    const merged: number[] = [0];
    for (let at = 0; at + 1 < runs.length; at += 2) {
      const start = runs[at] ?? 0;
      const middle = runs[at + 1] ?? from.length;
      const end = runs[at + 2] ?? middle;
      let left = start;
      let right = middle;
      for (let out = start; out < end; out++) {
        const takeLeft = left < middle && (right >= end || compare(from[left] ?? 0, from[right] ?? 0) <= 0);
        to[out] = from[takeLeft ? left++ : right++] ?? 0;
        if (++work % STRIDE === 0 && pace.due) await pace.rest();
      }
      merged.push(end);
    }
    runs = merged;
    [from, to] = [to, from];
  }
  return from;
}

/** Where ascending runs begin, and the end. */
async function runsOf(values: Uint32Array, compare: Compare, pace: Pace): Promise<number[]> {
  const runs = [0];
  for (let at = 1; at < values.length; at++) {
    if (compare(values[at - 1] ?? 0, values[at] ?? 0) > 0) runs.push(at);
    if (at % STRIDE === 0 && pace.due) await pace.rest();
  }
  if (values.length > 0) runs.push(values.length);
  return runs;
}
