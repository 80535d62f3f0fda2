import type { OpName } from './backend.ts';

/** What each error code means, in the words of the C library. */
const MEANINGS = {
  ENOENT: 'no such file or directory',
  EEXIST: 'file already exists',
  ENOTDIR: 'not a directory',
  EISDIR: 'illegal operation on a directory',
  ENOTEMPTY: 'directory not empty',
  EINVAL: 'invalid argument',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  EDQUOT: 'quota exceeded',
  ENOSPC: 'no space left on device',
  EFBIG: 'file too large',
  EMLINK: 'too many links',
  ENAMETOOLONG: 'name too long',
  ELOOP: 'too many symbolic links encountered',
  EBADF: 'bad file descriptor',
  EXDEV: 'cross-device link not permitted',
  EMFILE: 'too many open files',
  ENOTSUP: 'operation not supported',
  ENODATA: 'no data available',
  ERANGE: 'result too large',
  E2BIG: 'argument list too long',
  EAGAIN: 'resource temporarily unavailable',
  EBUSY: 'resource busy or locked',
  ESTALE: 'stale handle',
  EINTR: 'operation interrupted',
  EDEADLK: 'resource deadlock avoided',
  ENOLCK: 'no locks available',
  EIO: 'input/output error',
} as const;

export type VfsErrorCode = keyof typeof MEANINGS;

/** The numbers of Linux, which `errno` has with a minus, as in Node's errors. */
const NUMBERS: { readonly [C in VfsErrorCode]: number } = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EMFILE: 24,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  EMLINK: 31,
  ERANGE: 34,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOLCK: 37,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENODATA: 61,
  ENOTSUP: 95,
  ESTALE: 116,
  EDQUOT: 122,
};

export const VFS_ERROR_CODES = Object.keys(MEANINGS) as readonly VfsErrorCode[];

export interface VfsErrorOptions {
  /** The operation that failed. */
  readonly op?: OpName | undefined;
  /** The name of a system call that a program knows the operation by. Default: that of the operation. */
  readonly syscall?: string | undefined;
  /** The path that the caller named, as the failing layer saw it. */
  readonly path?: string | undefined;
  /** The second path of calls that have two. */
  readonly dest?: string | undefined;
  /** Says more than the code does, in words for a person: "quota exceeded: 10 GiB used of 10 GiB". */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
}

/** On errors of every copy of this library in a program: one may come from a package of its own, or be loaded a second time. */
const BRAND = Symbol.for('anyfs.VfsError');

/** The only kind of error that leaves library code. Messages read like Node's: `ENOENT: no such file or directory, lstat '/a'`. */
export class VfsError extends Error {
  override readonly name = 'VfsError';
  readonly code: VfsErrorCode;
  readonly op: OpName | undefined;
  /** The name that Node's own errors use for the operation. */
  readonly syscall: string | undefined;
  readonly path: string | undefined;
  readonly dest: string | undefined;
  /** What a person should read, without code, operation and path. */
  readonly detail: string;

  constructor(code: VfsErrorCode, options: VfsErrorOptions = {}) {
    super(message(code, options), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.op = options.op;
    this.syscall = options.syscall ?? options.op;
    this.path = options.path;
    this.dest = options.dest;
    this.detail = options.detail ?? MEANINGS[code];
  }

  get [BRAND](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  /** The code as Linux's number, negative. */
  get errno(): number {
    return -NUMBERS[this.code];
  }
}

function message(code: VfsErrorCode, { op, syscall = op, path, dest, detail }: VfsErrorOptions): string {
  const where = syscall === undefined ? '' : `, ${syscall}`;
  const what = path === undefined ? '' : ` '${path}'`;
  const whereTo = dest === undefined ? '' : ` -> '${dest}'`;
  return `${code}: ${detail ?? MEANINGS[code]}${where}${what}${whereTo}`;
}

export function isVfsError(error: unknown, code?: VfsErrorCode): error is VfsError {
  return error instanceof VfsError && (code === undefined || error.code === code);
}

/** Any thrown value as a `VfsError`: what is not one already becomes `EIO` with the original as its cause. */
export function toVfsError(error: unknown, op?: OpName): VfsError {
  return error instanceof VfsError ? error : new VfsError('EIO', { op, cause: error });
}
