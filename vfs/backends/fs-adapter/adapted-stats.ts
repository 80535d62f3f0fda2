import { VfsError } from '../../errors.ts';
import { byteLength } from '../../names.ts';
import { timestampFromMilliseconds, type FileType, type Stats, type Timestamp } from '../../stats.ts';
import { MODE_BITS } from '../shared/index.ts';
import { targetOf, type Adapted } from './adapted.ts';
import type { FsPath, FsStats } from './fs-promises.ts';

const BLOCK_SIZE = 512;
const SYMLINK_MODE = 0o777;

/** The type of an entry; `EACCES` for devices, FIFOs and sockets, which are not served. */
export function typeOf(stats: FsStats): FileType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  throw new VfsError('EACCES', { detail: 'not a file, directory or symlink' });
}

/** What names an inode among all of the file system's. */
export function keyOf({ dev = 0, ino }: FsStats): string {
  return `${dev}:${ino}`;
}

/** The attributes of a file or directory. */
export function statsFrom(adapted: Adapted, stats: FsStats, isRemoved = false): Stats {
  const type = typeOf(stats);
  const size = Number(stats.size);
  return {
    inode: Number(stats.ino),
    type,
    mode: type === 'symlink' ? SYMLINK_MODE : Number(stats.mode) & MODE_BITS,
    nlink: type === 'directory' ? linksOfDirectory(adapted, stats, isRemoved) : Number(stats.nlink ?? 1),
    uid: Number(stats.uid ?? 0),
    gid: Number(stats.gid ?? 0),
    size: type === 'directory' ? 0 : size,
    used: type === 'file' ? usedBy(adapted, stats) : 0,
    atime: timestampOf(stats.atimeMs),
    mtime: timestampOf(stats.mtimeMs),
    ctime: timestampOf(stats.ctimeMs),
  };
}

/** The attributes of whatever is at a place; a symlink's size is that of its target. */
export async function statsAt(adapted: Adapted, place: FsPath, stats: FsStats): Promise<Stats> {
  const found = statsFrom(adapted, stats);
  // A file system of text may count letters, or nothing; reading a symlink may move its access time.
  const isKnown = found.type !== 'symlink' || (adapted.names === 'bytes' && found.size > 0);
  return isKnown ? found : { ...found, size: byteLength(await targetOf(adapted, place)) };
}

/** 1, as Unix has it, where subdirectories are not counted. */
function linksOfDirectory({ countsDirectories }: Adapted, { nlink }: FsStats, isRemoved: boolean): number {
  if (isRemoved) return 0;
  return countsDirectories ? Number(nlink ?? 1) : 1;
}

/** Where holes take space, a file takes what it is long. */
function usedBy({ capabilities }: Adapted, { blocks, size }: FsStats): number {
  return capabilities.sparse && blocks !== undefined ? Number(blocks) * BLOCK_SIZE : Number(size);
}

/** To the millisecond, which every file system of this shape can set again. */
function timestampOf(milliseconds: number | bigint): Timestamp {
  return timestampFromMilliseconds(Math.floor(Number(milliseconds)));
}
