import type { FileType, Stats, Timestamp } from '../../stats.ts';

/** A row of the table `inode`. Changed in place, and saved by `InodeTable.save`. */
export interface Inode {
  readonly ino: number;
  /** With the type bits of `st_mode`. */
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  size: number;
  used: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
  /** The directory that holds it; for a file with several names, the one that had the last new name. */
  parent: number;
  /** What the file's chunks are filed under; 0 for directories and symlinks. */
  content: number;
  readonly target: Uint8Array | null;
}

export const S_IFMT = 0o170000;
const TYPE_BITS: Readonly<Record<FileType, number>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
};

export function modeWithType(type: FileType, mode: number): number {
  return TYPE_BITS[type] | (mode & 0o7777);
}

export function typeOf(inode: { readonly mode: number }): FileType {
  const bits = inode.mode & S_IFMT;
  if (bits === TYPE_BITS.directory) return 'directory';
  return bits === TYPE_BITS.symlink ? 'symlink' : 'file';
}

export function statsOf(inode: Inode): Stats {
  return {
    inode: inode.ino,
    type: typeOf(inode),
    mode: inode.mode & 0o7777,
    nlink: inode.nlink,
    uid: inode.uid,
    gid: inode.gid,
    size: inode.size,
    used: inode.used,
    atime: inode.atime,
    mtime: inode.mtime,
    ctime: inode.ctime,
  };
}

/** The columns of `inode`, in the order of `rowToInode` and `inodeToRow`. */
export const COLUMNS =
  'ino, mode, nlink, uid, gid, size, used, atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns, parent, content, target';

// prettier-ignore
export type InodeRow = [ino: number, mode: number, nlink: number, uid: number, gid: number, size: number, used: number,
  atime: number, atimeNs: number, mtime: number, mtimeNs: number, ctime: number, ctimeNs: number,
  parent: number, content: number, target: Uint8Array | null];

export function rowToInode(row: InodeRow): Inode {
  return {
    ino: row[0],
    mode: row[1],
    nlink: row[2],
    uid: row[3],
    gid: row[4],
    size: row[5],
    used: row[6],
    atime: { seconds: row[7], nanoseconds: row[8] },
    mtime: { seconds: row[9], nanoseconds: row[10] },
    ctime: { seconds: row[11], nanoseconds: row[12] },
    parent: row[13],
    content: row[14],
    target: row[15],
  };
}

// prettier-ignore
export function inodeToRow(inode: Inode): InodeRow {
  const { atime, mtime, ctime } = inode;
  return [inode.ino, inode.mode, inode.nlink, inode.uid, inode.gid, inode.size, inode.used,
    atime.seconds, atime.nanoseconds, mtime.seconds, mtime.nanoseconds, ctime.seconds, ctime.nanoseconds,
    inode.parent, inode.content, inode.target];
}
