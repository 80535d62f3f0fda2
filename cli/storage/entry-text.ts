import type { FileType, Stats } from '../../vfs/stats.ts';

const TYPES: Readonly<Record<FileType, string>> = { file: '-', directory: 'd', symlink: 'l' };

/** The special bits: which, beside whose execute bit, and how they are shown with and without it. */
const SPECIAL = [
  { bit: 0o4000, execute: 0o100, place: 3, letters: ['s', 'S'] },
  { bit: 0o2000, execute: 0o010, place: 6, letters: ['s', 'S'] },
  { bit: 0o1000, execute: 0o001, place: 9, letters: ['t', 'T'] },
] as const;

/** `-rw-r--r--`, as ls shows it. */
export function modeText({ type, mode }: Pick<Stats, 'type' | 'mode'>): string {
  const bits = Array.from({ length: 9 }, (_, index) =>
    (mode >> (8 - index)) & 1 ? ('rwx'[index % 3] ?? '') : '-',
  );
  const letters = [TYPES[type], ...bits];
  for (const {
    bit,
    execute,
    place,
    letters: [both, alone],
  } of SPECIAL) {
    if ((mode & bit) !== 0) letters[place] = (mode & execute) === 0 ? alone : both;
  }
  return letters.join('');
}

/** A line of `ls -l` without the name. */
export function longLine(stats: Stats, nameOf: (uid: number) => string): string {
  return [
    modeText(stats),
    String(stats.nlink).padStart(3),
    nameOf(stats.uid).padEnd(8),
    nameOf(stats.gid).padEnd(8),
    String(stats.size).padStart(12),
    isoTime(stats).slice(0, 16).replace('T', ' '),
  ].join(' ');
}

/** An entry as `--json` prints it. A name that is not UTF-8 has an escape U+DC80 to U+DCFF for each odd byte. */
export function entryJson(path: string, stats: Stats, target: string | undefined) {
  return {
    path,
    type: stats.type,
    mode: stats.mode.toString(8).padStart(4, '0'),
    nlink: stats.nlink,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    used: stats.used,
    mtime: isoTime(stats),
    ...(target === undefined ? {} : { target }),
  };
}

/** Modification time in UTC; a time beyond what dates can say is shown as the furthest one. */
function isoTime({ mtime }: Stats): string {
  const furthest = 8.64e15;
  const milliseconds = Math.max(
    -furthest,
    Math.min(furthest, mtime.seconds * 1000 + mtime.nanoseconds / 1e6),
  );
  return new Date(milliseconds).toISOString();
}
