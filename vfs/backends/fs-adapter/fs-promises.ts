import type { ContentHandle } from '../shared/foreign/index.ts';

/** A path in the form that the file system takes: text, or bytes where names may be any bytes. */
export type FsPath = string | Buffer;

type Numeric = number | bigint;
/** Seconds since 1970; text where they are negative. */
type Seconds = number | string;

/** The attributes that are needed of `fs.Stats`, or of what `{ bigint: true }` makes of it. */
export interface FsStats {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  readonly ino: Numeric;
  readonly dev?: Numeric | undefined;
  readonly mode: Numeric;
  readonly nlink?: Numeric | undefined;
  readonly uid?: Numeric | undefined;
  readonly gid?: Numeric | undefined;
  readonly size: Numeric;
  readonly blocks?: Numeric | undefined;
  readonly atimeMs: Numeric;
  readonly mtimeMs: Numeric;
  readonly ctimeMs: Numeric;
}

/** The part of `FileHandle` that is needed. */
export interface FsFileHandle extends Omit<ContentHandle, 'stat' | 'sync'> {
  stat(options?: { readonly bigint?: boolean }): Promise<FsStats>;
  sync?(): Promise<void>;
  chmod?(mode: number): Promise<void>;
  chown?(uid: number, gid: number): Promise<void>;
  utimes?(atime: Seconds, mtime: Seconds): Promise<void>;
}

/**
 * What is used of an object in the shape of `node:fs/promises`. What is optional and absent is an ability that the
 * storage does not have.
 */
export interface FsPromises {
  lstat(path: FsPath, options?: { readonly bigint?: boolean }): Promise<FsStats>;
  /** Flags `r`, `r+` and `wx+`. A directory is opened with `r`, where the file system can. */
  open(path: FsPath, flags: string, mode?: number): Promise<FsFileHandle>;
  readdir(path: FsPath): Promise<readonly unknown[]>;
  mkdir(path: FsPath, mode: number): Promise<unknown>;
  rmdir(path: FsPath): Promise<void>;
  unlink(path: FsPath): Promise<void>;
  rename(from: FsPath, to: FsPath): Promise<void>;
  realpath?(path: FsPath): Promise<unknown>;
  link?(from: FsPath, to: FsPath): Promise<void>;
  symlink?(target: FsPath, path: FsPath): Promise<unknown>;
  readlink?(path: FsPath): Promise<unknown>;
  chmod?(path: FsPath, mode: number): Promise<void>;
  lchown?(path: FsPath, uid: number, gid: number): Promise<void>;
  utimes?(path: FsPath, atime: Seconds, mtime: Seconds): Promise<void>;
  lutimes?(path: FsPath, atime: Seconds, mtime: Seconds): Promise<void>;
  statfs?(path: FsPath): Promise<FsStorageStats>;
}

/** The calls that give names, as they are asked for bytes. */
export interface FsBytes {
  readdir(path: FsPath, options: { readonly encoding: 'buffer' }): Promise<readonly Uint8Array[]>;
  readlink(path: FsPath, options: { readonly encoding: 'buffer' }): Promise<Uint8Array>;
}

export interface FsStorageStats {
  readonly bsize: Numeric;
  readonly blocks: Numeric;
  readonly bavail: Numeric;
  readonly files: Numeric;
  readonly ffree: Numeric;
}
