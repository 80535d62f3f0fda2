export type FileType = 'file' | 'directory' | 'symlink';

/** A point in time: whole seconds since 1970 (may be negative) and 0..999,999,999 nanoseconds after them. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** The attributes of an inode. */
export interface Stats {
  readonly inode: number;
  readonly type: FileType;
  /** Permission bits with set-user-id, set-group-id and sticky: 0..0o7777. The type is not in here. */
  readonly mode: number;
  /** Names of a file; for a directory 2 and one for each subdirectory. */
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. A symlink's is the length of its target, a directory's is 0. */
  readonly size: number;
  /** Bytes stored, as the quota counts them: holes are free. */
  readonly used: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
}

/** What `setstat` and `fsetstat` may change; what is absent stays as it is. */
export interface StatsChange {
  readonly mode?: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Files only: cuts off, or grows with a hole. */
  readonly size?: number | undefined;
  readonly atime?: Timestamp | undefined;
  readonly mtime?: Timestamp | undefined;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly stats: Stats;
}

/** The state of a whole storage, as the caller's limits let it be seen. Bytes, never blocks. */
export interface StorageStats {
  readonly bytesTotal: number;
  readonly bytesFree: number;
  readonly inodesTotal: number;
  readonly inodesFree: number;
  /** Bytes in a name at most. */
  readonly nameMax: number;
  readonly readOnly: boolean;
}

const NANOSECONDS_PER_MILLISECOND = 1_000_000;

export function timestampFromMilliseconds(milliseconds: number): Timestamp {
  const seconds = Math.floor(milliseconds / 1000);
  const nanoseconds = Math.floor((milliseconds - seconds * 1000) * NANOSECONDS_PER_MILLISECOND);
  return { seconds, nanoseconds };
}

/** Milliseconds since 1970, with a fraction. */
export function timestampToMilliseconds(time: Timestamp): number {
  return time.seconds * 1000 + time.nanoseconds / NANOSECONDS_PER_MILLISECOND;
}
