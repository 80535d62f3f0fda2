import type { Stats } from '../../vfs/stats.ts';
import { fullMode } from './attributes.ts';

/** Names of owners; absent: unknown, so the number is shown. */
export interface OwnerNames {
  user(uid: number): string | undefined;
  group(gid: number): string | undefined;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TYPE_LETTERS = { file: '-', directory: 'd', symlink: 'l' } as const;
const HALF_A_YEAR_SECONDS = (365 * 24 * 60 * 60) / 2;

/** A line of `ls -l` in the layout of OpenSSH's ls_file (sftp-common.c), which clients show and some read. `now`: milliseconds. */
export function longname(name: string, stats: Stats, names: OwnerNames, now: number): string {
  const links = String(stats.nlink).padStart(3);
  const user = (names.user(stats.uid) ?? String(stats.uid)).padEnd(8);
  const group = (names.group(stats.gid) ?? String(stats.gid)).padEnd(8);
  const size = String(stats.size).padStart(8);
  return `${modeLetters(stats)}  ${links} ${user} ${group} ${size} ${listingDate(stats.mtime.seconds, now)} ${name}`;
}

/** As strmode(3), without the column that it leaves for a sign of access lists: `drwxr-xr-x`. */
export function modeLetters(stats: Stats): string {
  const mode = fullMode(stats);
  const owner = triplet(mode >> 6, (mode & 0o4000) !== 0, 's');
  const group = triplet(mode >> 3, (mode & 0o2000) !== 0, 's');
  const others = triplet(mode, (mode & 0o1000) !== 0, 't');
  return `${TYPE_LETTERS[stats.type]}${owner}${group}${others}`;
}

function triplet(bits: number, special: boolean, letter: 's' | 't'): string {
  const read = bits & 4 ? 'r' : '-';
  const write = bits & 2 ? 'w' : '-';
  const execute = (bits & 1) !== 0;
  if (special) return `${read}${write}${execute ? letter : letter.toUpperCase()}`;
  return `${read}${write}${execute ? 'x' : '-'}`;
}

/** The time of the day for the last half year, else the year; on the server's clock, as OpenSSH does. `now`: milliseconds. */
export function listingDate(seconds: number, now: number): string {
  const time = new Date(seconds * 1000);
  const day = `${MONTHS[time.getMonth()] ?? ''} ${String(time.getDate()).padStart(2)}`;
  const nowSeconds = Math.floor(now / 1000);
  const recent = nowSeconds - HALF_A_YEAR_SECONDS < seconds && seconds <= nowSeconds;
  if (!recent) return `${day}  ${time.getFullYear()}`;
  return `${day} ${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
