import { compareNames } from '../../../vfs/names.ts';
import type { Stats, Timestamp } from '../../../vfs/stats.ts';

/** Something to list: its name as it is shown, and what it is. */
export interface Listed {
  readonly name: string;
  readonly stats: Stats;
  /** Of a symlink: its target, and what that is. */
  readonly target?: { readonly text: string; readonly stats: Stats | undefined } | undefined;
}

export type Order = 'name' | 'time' | 'size' | 'extension' | 'version' | 'none';
export type WhichTime = 'mtime' | 'atime' | 'ctime';

type Compare = (a: Listed, b: Listed) => number;

const byName: Compare = (a, b) => compareNames(a.name, b.name);

const ORDERS: Readonly<Record<Order, (time: WhichTime) => Compare>> = {
  name: () => byName,
  time: (time) => (a, b) => compareTimes(b.stats[time], a.stats[time]) || byName(a, b),
  size: () => (a, b) => b.stats.size - a.stats.size || byName(a, b),
  extension: () => (a, b) => compareNames(extensionOf(a), extensionOf(b)) || byName(a, b),
  version: () => (a, b) => compareVersions(a.name, b.name) || byName(a, b),
  none: () => () => 0,
};

/** Sorts in place, as ls does. */
export function sortListed(
  listed: Listed[],
  order: Order,
  { time, reverse, directoriesFirst }: { time: WhichTime; reverse: boolean; directoriesFirst: boolean },
): void {
  if (order === 'none') return;
  const compare = ORDERS[order](time);
  const sign = reverse ? -1 : 1;
  const rank = ({ stats, target }: Listed): number =>
    directoriesFirst && (target?.stats ?? stats).type === 'directory' ? 0 : 1;
  listed.sort((a, b) => rank(a) - rank(b) || sign * compare(a, b));
}

function compareTimes(a: Timestamp, b: Timestamp): number {
  return a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;
}

function extensionOf({ name }: Listed): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot);
}

/** Runs of digits as numbers. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.match(/\d+|\D+/g) ?? []);
  for (const [index, part] of (left ?? []).entries()) {
    const other = right?.[index];
    if (other === undefined) return 1;
    const isNumber = /^\d/.test(part) && /^\d/.test(other);
    const difference = isNumber ? Number(part) - Number(other) : compareNames(part, other);
    if (difference !== 0) return difference;
  }
  return (left?.length ?? 0) - (right?.length ?? 0);
}
