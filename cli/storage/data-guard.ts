import { lstatSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { dirname, sep } from 'node:path';
import { Failure } from '../failure.ts';

/*
 * The files of the data directory are for SQLite alone: a copy of a storage that is open is worth nothing, and closing
 * any other descriptor of its file in this process would drop SQLite's locks.
 */

/** Tells whether a directory is the data directory, under whatever name. */
export function dataDirectoryDetector(root: string): (stats: BigIntStats) => boolean {
  const { dev, ino } = statSync(root, { bigint: true });
  return (stats) => stats.dev === dev && stats.ino === ino;
}

/** Throws `Failure` for a path of the host that is in the data directory, or would be. */
export function refuseInside(root: string, path: string): void {
  const place = realpathSync(nearestExisting(path));
  const data = realpathSync(root);
  if (place === data || place.startsWith(data + sep)) {
    throw new Failure(
      `${path} is in the data directory, which is no place to copy from or to; choose another`,
    );
  }
}

function nearestExisting(path: string): string {
  const parent = dirname(path);
  const exists = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  return exists || parent === path ? path : nearestExisting(parent);
}
