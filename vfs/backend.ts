import type { Capabilities } from './capabilities.ts';
import type { VfsPath } from './path.ts';
import type { RequestWord } from './request-words.ts';
import type { DirectoryEntry, Stats, StatsChange, StorageStats } from './stats.ts';

/** The inode number of the root directory. */
export const ROOT_INODE = 1;

declare const handleBrand: unique symbol;

/** Names an open file of one backend. Opaque, flat, valid until `close`. */
export type Handle = number & { readonly [handleBrand]: true };

export interface OpenFlags {
  readonly access: 'r' | 'w' | 'rw';
  /** Absent: the file must exist. `exclusive`: it must not. */
  readonly create?: 'if-missing' | 'exclusive' | undefined;
  /** Cut an existing file to nothing; needs write access. */
  readonly truncate?: boolean | undefined;
}

/** Ceilings that the store checks inside the transaction that would exceed them. */
export interface Limits {
  /** Bytes stored, all files together; holes are free. */
  readonly bytes?: number | undefined;
  /** Inodes, without the root. */
  readonly inodes?: number | undefined;
  /** Size of one file in bytes. */
  readonly fileSize?: number | undefined;
}

/** What layers tell those below them with each call: plain data, never changed in place. */
export interface CallContext {
  readonly limits?: Limits | undefined;
  /** Owner of what this call creates; the superuser's (0, 0) when absent. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** For the resolving layer: `lstat` and `setstat` follow a symlink in the last component. */
  readonly follow?: boolean | undefined;
  /** The session that calls, for traces. */
  readonly session?: string | undefined;
  /** Ends waits; a call that has begun to change something is finished all the same. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Memory that the caller of a `read` lends: the answer may be a view of it, or have bytes of its own. A layer that keeps what it
   * read, or reads several times, must not pass it on.
   */
  readonly into?: Uint8Array | undefined;
}

export interface RenameOptions {
  /** `true`: as POSIX rename, replacing what `to` names. `false`: `EEXIST` when `to` exists. */
  readonly replace: boolean;
}

export interface ReaddirPage {
  /** The last name of the page before; absent for the first page. It need not exist any more. */
  readonly after?: string | undefined;
  /** Entries at most; at least 1. */
  readonly limit: number;
}

export interface Resolution {
  /** Canonical. No component is a symlink, but the last may be one where it was not followed. */
  readonly path: VfsPath;
  /** What `path` names; absent where it names nothing (all directories above it exist). */
  readonly stats?: Stats | undefined;
  /** Every directory that was searched on the way, links included, in order. */
  readonly searched: readonly Stats[];
}

export interface LockRequest {
  readonly kind: 'shared' | 'exclusive';
  readonly start: number;
  /** Bytes; `Infinity` reaches to the end of the file however it grows. */
  readonly length: number;
  /** Locks of the same owner never conflict. */
  readonly owner: string;
}

/**
 * The contract of a storage. docs/vfs-contract.md says it in full; in short:
 *
 * - Each method is atomic with respect to every other call on the same store, and none leaves a half-made change.
 * - Paths are canonical. A backend never follows a symlink: one met before the last component is `ELOOP`.
 * - Every error is a `VfsError`. What the capabilities exclude is refused with `ENOTSUP`.
 */
export interface VfsOperations {
  /**
   * Behaviour:
   * - Missing: `ENOENT`, or a new empty file with `mode` and `ctx.owner` where `create` says so.
   * - Existing with `create: 'exclusive'`: `EEXIST`, whatever it is. A symlink otherwise: `ELOOP`.
   * - A directory: `EISDIR` for any write access, `create` or `truncate`; with `access: 'r'` a handle that knows
   *   `fstat`, `fsetstat`, `fsync` and `close`, and answers `read` with `EISDIR`.
   * - `truncate` without write access: `EINVAL`.
   */
  open(path: VfsPath, flags: OpenFlags, mode: number, ctx: CallContext): Promise<Handle>;
  /**
   * Behaviour:
   * - Shorter than `length` only at the end of the file; empty at or past the end. Holes read as zeros.
   * - The caller owns the bytes that come back.
   * - A handle without read access: `EBADF`.
   */
  read(handle: Handle, position: number, length: number, ctx: CallContext): Promise<Uint8Array>;
  /**
   * Behaviour:
   * - All or nothing. The caller may use its buffer again once the promise is settled.
   * - `'end'` appends atomically. Past the end leaves a hole, which takes no space.
   * - Zero bytes change nothing, times included. A handle without write access: `EBADF`.
   * - `EFBIG` past `limits.fileSize` or 2^53 - 1; `EDQUOT`, `ENOSPC`.
   * - A persistent store may answer before the bytes are safe; `fsync` and `close` report what failed later.
   */
  write(handle: Handle, position: number | 'end', bytes: Uint8Array, ctx: CallContext): Promise<void>;
  /**
   * Copies inside the store and answers the bytes copied: fewer than `length` only at the source's end. Holes in the
   * source may become holes in the target. Ranges that overlap in one file: `EINVAL`. Limits as for `write`.
   */
  copyRange(
    from: Handle,
    fromPosition: number,
    length: number,
    to: Handle,
    toPosition: number,
    ctx: CallContext,
  ): Promise<number>;
  fstat(handle: Handle, ctx: CallContext): Promise<Stats>;
  /** As `setstat`; a change of size needs write access (`EINVAL`). */
  fsetstat(handle: Handle, change: StatsChange, ctx: CallContext): Promise<void>;
  /** What was written through any handle of the file survives the loss of power. */
  fsync(handle: Handle, ctx: CallContext): Promise<void>;
  /** Ends the handle in every case; fails where bytes acknowledged by `write` could not be kept. An unknown handle: `EBADF`. */
  close(handle: Handle, ctx: CallContext): Promise<void>;

  /** Never follows. `ENOENT`, `ENOTDIR` where a component before the last is a file. */
  lstat(path: VfsPath, ctx: CallContext): Promise<Stats>;
  /**
   * Behaviour:
   * - All changes are made, or none. Any change moves ctime; a change of size moves mtime too, unless mtime is given.
   * - `size` of a directory: `EISDIR`; of a symlink: `EINVAL`; to more than the limits allow: `EFBIG`. Growing makes a hole.
   * - `mode` of a symlink: `ENOTSUP`. Of a mode only the bits 0o7777 count.
   */
  setstat(path: VfsPath, change: StatsChange, ctx: CallContext): Promise<void>;
  /** A symlink: `ELOOP`; a file: `ENOTDIR`. Entries in the order of their names' bytes, without `.` and `..`; fewer than `limit` only at the end. */
  readdir(path: VfsPath, page: ReaddirPage, ctx: CallContext): Promise<DirectoryEntry[]>;
  /** `EEXIST` where anything has the name, the root included. */
  mkdir(path: VfsPath, mode: number, ctx: CallContext): Promise<void>;
  /** `ENOTEMPTY`, `ENOTDIR`, `EBUSY` for the root. */
  rmdir(path: VfsPath, ctx: CallContext): Promise<void>;
  /** `EISDIR` for a directory. Open handles go on; the space is freed at the last close. */
  unlink(path: VfsPath, ctx: CallContext): Promise<void>;
  /**
   * Behaviour:
   * - Onto itself or another name of the same inode: nothing happens (`replace`), `EEXIST` (not `replace`).
   * - A directory into itself or below: `EINVAL`. The root, either way: `EBUSY`.
   * - With `replace`: a file or symlink over a directory `EISDIR`; a directory over a file `ENOTDIR`, over a
   *   directory that is not empty `ENOTEMPTY`; otherwise the target is replaced atomically.
   * - Moves ctime of the inode, and mtime and ctime of both directories.
   */
  rename(from: VfsPath, to: VfsPath, options: RenameOptions, ctx: CallContext): Promise<void>;
  /** A second name for a file or a symlink. A directory: `EPERM`. `EEXIST`. Takes no quota. */
  link(from: VfsPath, to: VfsPath, ctx: CallContext): Promise<void>;
  /** The target is text kept byte for byte, 1 to 4,095 bytes without NUL; it need not exist. Mode 0o777. */
  symlink(target: string, path: VfsPath, ctx: CallContext): Promise<void>;
  /** `EINVAL` for what is not a symlink. */
  readlink(path: VfsPath, ctx: CallContext): Promise<string>;

  /** Through `ctx.limits`: totals are the limits where they are tighter, and never is more free than they leave. */
  statfs(ctx: CallContext): Promise<StorageStats>;
  /** Everything that was acknowledged survives the loss of power. */
  sync(ctx: CallContext): Promise<void>;

  /**
   * Walks a path as the kernel does: `.`, `..`, `//`, a trailing slash and symlinks, at most 40 of them (`ELOOP`).
   *
   * Behaviour:
   * - `path` is absolute and otherwise as `unresolved` leaves it. `..` above the root stays there.
   * - `last: 'follow'` follows a symlink in the last component, also to a name that does not exist (yet).
   *   A trailing slash or `.` follows always, and asks for a directory (`ENOTDIR`).
   * - A directory that is missing on the way: `ENOENT`; something else in its place: `ENOTDIR`.
   */
  resolve(path: VfsPath, last: 'follow' | 'keep', ctx: CallContext): Promise<Resolution>;

  /** `ENOENT` without such a name, `ENOTDIR`, `ESTALE` without such an inode. `.` and `..` are no names here. */
  lookup(parentInode: number, name: string, ctx: CallContext): Promise<Stats>;
  /** `ESTALE` for an inode that is gone. */
  statInode(inode: number, ctx: CallContext): Promise<Stats>;
  pathToInode(path: VfsPath, ctx: CallContext): Promise<number>;
  /** One of the inode's paths. `ESTALE` for an inode that is gone or has no name left. */
  inodeToPath(inode: number, ctx: CallContext): Promise<VfsPath>;

  /** `ENODATA` without such a name. A symlink means the symlink, here and below. */
  getxattr(path: VfsPath, name: string, ctx: CallContext): Promise<Uint8Array>;
  /**
   * Behaviour:
   * - `create`: `EEXIST` where the name is there. `replace`: `ENODATA` where it is not.
   * - The name is `user.…`, `trusted.…` or `security.…` (`ENOTSUP`) and has at most 255 bytes (`ERANGE`), the value 65,536 (`E2BIG`).
   * - All names of an inode, a NUL after each, have at most 65,536 bytes, names and values 1 MiB: `ENOSPC`.
   * - Names and values count as bytes stored: `EDQUOT`. Moves ctime. `user.…` of a symlink: `EPERM`.
   */
  setxattr(
    path: VfsPath,
    name: string,
    value: Uint8Array,
    mode: 'set' | 'create' | 'replace',
    ctx: CallContext,
  ): Promise<void>;
  /** All names, in the order of their bytes. */
  listxattr(path: VfsPath, ctx: CallContext): Promise<string[]>;
  /** `ENODATA` without such a name. Moves ctime. */
  removexattr(path: VfsPath, name: string, ctx: CallContext): Promise<void>;

  /**
   * Waits until no other owner's lock is in the way, behind those who wait already.
   *
   * Behaviour:
   * - Takes the place of what the owner has in the range: splits, merges, upgrades and downgrades, atomically.
   * - Ends with `EINTR` when `ctx.signal` aborts, `EDEADLK` where the wait would have no end, `EBADF` when the handle is closed.
   * - `shared` needs read access, `exclusive` write access: `EBADF`. `ENOLCK` past 4,096 ranges.
   * - `close` frees what was locked last through the handle.
   */
  lock(handle: Handle, request: LockRequest, ctx: CallContext): Promise<void>;
  /** `EAGAIN` where `lock` would wait. */
  tryLock(handle: Handle, request: LockRequest, ctx: CallContext): Promise<void>;
  /** Frees what the owner has of the range, through whatever handle. */
  unlock(handle: Handle, request: LockRequest, ctx: CallContext): Promise<void>;
}

export type OpName = keyof VfsOperations;

export interface VfsBackend extends VfsOperations {
  readonly capabilities: Capabilities;
  /** Of a stack: the requests that its layers deny, whatever they are about, so that a protocol does not offer them; absent: none. */
  readonly denied?: ReadonlySet<RequestWord> | undefined;
  /** Closes every handle, makes everything acknowledged safe, lets go of files. Calls after it fail with `EBADF`. Again: nothing. */
  dispose(): Promise<void>;
}
