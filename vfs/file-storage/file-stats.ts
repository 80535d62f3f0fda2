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

/** What `fs.Stats` and `fs.BigIntStats` both have, as numbers of one kind. */
interface StatsOf<N extends number | bigint> extends TypeQuestions {
  readonly dev: N;
  readonly rdev: N;
  readonly ino: N;
  /** With the bits of the type. */
  readonly mode: N;
  readonly nlink: N;
  readonly uid: N;
  readonly gid: N;
  readonly size: N;
  readonly blksize: N;
  /** Of 512 bytes: what is stored, so holes are free. */
  readonly blocks: N;
  readonly atimeMs: N;
  readonly mtimeMs: N;
  readonly ctimeMs: N;
  /** Not kept: the earliest of the times that are. */
  readonly birthtimeMs: N;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
  readonly birthtime: Date;
}

/** Attributes in the shape of `fs.Stats`. */
export type FileStats = StatsOf<number>;

/** Attributes in the shape of `fs.BigIntStats`, times to the nanosecond. */
export interface BigFileStats extends StatsOf<bigint> {
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly birthtimeNs: bigint;
}

export interface StatOptions {
  /** Numbers as `bigint`, and times to the nanosecond. Default: false. */
  readonly bigint?: boolean | undefined;
}

export function statsFor(stats: Stats, options: StatOptions | undefined): FileStats | BigFileStats {
  return options?.bigint === true ? bigFileStats(stats) : fileStats(stats);
}

export function fileStats(stats: Stats): FileStats {
  const [atimeMs, mtimeMs, ctimeMs] = [stats.atime, stats.mtime, stats.ctime].map(
    timestampToMilliseconds,
  ) as Times<number>;
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

const NANOSECONDS = 1_000_000_000n;
const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

function bigFileStats(stats: Stats): BigFileStats {
  const plain = fileStats(stats);
  const [atimeNs, mtimeNs, ctimeNs] = [stats.atime, stats.mtime, stats.ctime].map(
    ({ seconds, nanoseconds }) => BigInt(seconds) * NANOSECONDS + BigInt(nanoseconds),
  ) as Times<bigint>;
  const birthtimeNs = [mtimeNs, ctimeNs].reduce((first, time) => (time < first ? time : first), atimeNs);
  return {
    ...plain,
    dev: 0n,
    rdev: 0n,
    ino: BigInt(plain.ino),
    mode: BigInt(plain.mode),
    nlink: BigInt(plain.nlink),
    uid: BigInt(plain.uid),
    gid: BigInt(plain.gid),
    size: BigInt(plain.size),
    blksize: BigInt(plain.blksize),
    blocks: BigInt(plain.blocks),
    atimeMs: atimeNs / NANOSECONDS_PER_MILLISECOND,
    mtimeMs: mtimeNs / NANOSECONDS_PER_MILLISECOND,
    ctimeMs: ctimeNs / NANOSECONDS_PER_MILLISECOND,
    birthtimeMs: birthtimeNs / NANOSECONDS_PER_MILLISECOND,
    atimeNs,
    mtimeNs,
    ctimeNs,
    birthtimeNs,
  };
}

type Times<N> = [N, N, N];

/** A name with its type, in the shape of `fs.Dirent`. */
export interface DirectoryItem<N extends string | Uint8Array = string> extends TypeQuestions {
  readonly name: N;
  /** The directory that was listed, as the caller wrote it. */
  readonly parentPath: string;
  /** The older name of `parentPath`. */
  readonly path: string;
}

export function directoryItem<N extends string | Uint8Array>(
  name: N,
  parentPath: string,
  type: FileType,
): DirectoryItem<N> {
  return { ...QUESTIONS[type], name, parentPath, path: parentPath };
}

/** The state of the storage in the shape of `fs.StatFs`, or of its counterpart of `bigint`. */
export interface FileSystemStats<N extends number | bigint = number> {
  readonly type: N;
  readonly bsize: N;
  readonly blocks: N;
  readonly bfree: N;
  readonly bavail: N;
  readonly files: N;
  readonly ffree: N;
}

export function fileSystemStats(
  state: StorageStats,
  options: StatOptions | undefined,
): FileSystemStats<number | bigint> {
  const free = Math.floor(state.bytesFree / BLOCK_SIZE);
  const as: (value: number) => number | bigint = options?.bigint === true ? BigInt : Number;
  return {
    type: as(0),
    bsize: as(BLOCK_SIZE),
    blocks: as(Math.floor(state.bytesTotal / BLOCK_SIZE)),
    bfree: as(free),
    bavail: as(free),
    files: as(state.inodesTotal),
    ffree: as(state.inodesFree),
  };
}
