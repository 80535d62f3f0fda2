import { timestampToMilliseconds, type FileType, type Stats, type StorageStats } from '../stats.ts';

/** The type in the upper bits of a mode, as stat(2) gives it. */
const TYPE_BITS: { readonly [T in FileType]: number } = {
  file: 0o100_000,
  directory: 0o040_000,
  symlink: 0o120_000,
};

/** The block that `blksize` and `statfs` speak of: what a program may best read at once. */
const BLOCK_SIZE = 4096;
/** The unit of `blocks` in stat(2), whatever the file system. */
const STAT_BLOCK = 512;

/** The questions that attributes and directory entries answer alike, as methods of Node's classes do. */
export interface TypeQuestions {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isBlockDevice(): boolean;
  isCharacterDevice(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

const yes = (): boolean => true;
const no = (): boolean => false;
const none: TypeQuestions = {
  isFile: no,
  isDirectory: no,
  isSymbolicLink: no,
  isBlockDevice: no,
  isCharacterDevice: no,
  isFIFO: no,
  isSocket: no,
};

const QUESTIONS: { readonly [T in FileType]: TypeQuestions } = {
  file: { ...none, isFile: yes },
  directory: { ...none, isDirectory: yes },
  symlink: { ...none, isSymbolicLink: yes },
};

/** Attributes in the shape of `fs.Stats`. */
export interface FileStats extends TypeQuestions {
  readonly dev: number;
  readonly rdev: number;
  readonly ino: number;
  /** With the bits of the type. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly blksize: number;
  /** Of 512 bytes: what is stored, so holes are free. */
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** Not kept: the earliest of the times that are. */
  readonly birthtimeMs: number;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
  readonly birthtime: Date;
}

export function fileStats(stats: Stats): FileStats {
  const [atimeMs, mtimeMs, ctimeMs] = [stats.atime, stats.mtime, stats.ctime].map(
    timestampToMilliseconds,
  ) as Times;
  const birthtimeMs = Math.min(atimeMs, mtimeMs, ctimeMs);
  return {
    ...QUESTIONS[stats.type],
    dev: 0,
    rdev: 0,
    ino: stats.inode,
    mode: TYPE_BITS[stats.type] | stats.mode,
    nlink: stats.nlink,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    blksize: BLOCK_SIZE,
    blocks: Math.ceil(stats.used / STAT_BLOCK),
    atimeMs,
    mtimeMs,
    ctimeMs,
    birthtimeMs,
    atime: new Date(atimeMs),
    mtime: new Date(mtimeMs),
    ctime: new Date(ctimeMs),
    birthtime: new Date(birthtimeMs),
  };
}

type Times = [number, number, number];

/** A name with its type, in the shape of `fs.Dirent`. */
export interface DirectoryItem extends TypeQuestions {
  readonly name: string;
  /** The directory that was listed, as the caller wrote it. */
  readonly parentPath: string;
  /** The older name of `parentPath`. */
  readonly path: string;
}

export function directoryItem(name: string, parentPath: string, type: FileType): DirectoryItem {
  return { ...QUESTIONS[type], name, parentPath, path: parentPath };
}

/** The state of the storage in the shape of `fs.StatFs`. */
export interface FileSystemStats {
  readonly type: number;
  readonly bsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

export function fileSystemStats(state: StorageStats): FileSystemStats {
  const free = Math.floor(state.bytesFree / BLOCK_SIZE);
  return {
    type: 0,
    bsize: BLOCK_SIZE,
    blocks: Math.floor(state.bytesTotal / BLOCK_SIZE),
    bfree: free,
    bavail: free,
    files: state.inodesTotal,
    ffree: state.inodesFree,
  };
}
