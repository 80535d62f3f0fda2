import type { BigIntStats } from 'node:fs';
import type { FileType, Stats } from '../../stats.ts';
import { VfsError } from '../../errors.ts';
import { MODE_BITS } from '../shared/index.ts';
import { timestampOf } from './host-times.ts';

const BLOCK_SIZE = 512;

/** The type of an entry that is served; undefined for devices, FIFOs and sockets, which are not. */
export function typeOf(stats: BigIntStats): FileType | undefined {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : undefined;
}

/** What names an inode among all of the host's. */
export function keyOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** The attributes of an entry that is served. */
export function statsFrom(host: BigIntStats): Stats {
  const type = typeOf(host);
  if (type === undefined) throw notServed();
  const isFile = type === 'file';
  return {
    inode: inodeNumber(host.ino),
    type,
    mode: Number(host.mode) & MODE_BITS,
    nlink: Number(host.nlink),
    uid: Number(host.uid),
    gid: Number(host.gid),
    size: type === 'directory' ? 0 : Number(host.size),
    used: isFile ? Number(host.blocks) * BLOCK_SIZE : 0,
    atime: timestampOf(host.atimeNs),
    mtime: timestampOf(host.mtimeNs),
    ctime: timestampOf(host.ctimeNs),
  };
}

/** A device, FIFO, socket or mount point: it is there, but nobody gets at it. */
export function notServed(): VfsError {
  return new VfsError('EACCES', { detail: 'not a file, directory or symlink of this storage' });
}

/** A number of the host, folded where it has more than 53 bits: two such files may then show the same number. */
function inodeNumber(ino: bigint): number {
  return ino <= Number.MAX_SAFE_INTEGER ? Number(ino) : Number(BigInt.asUintN(53, ino ^ (ino >> 53n)));
}
