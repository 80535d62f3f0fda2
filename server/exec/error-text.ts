import { isVfsError, type VfsError, type VfsErrorCode } from '../../vfs/errors.ts';

/** What strerror(3) says, which people and scripts know. */
const TEXTS: Readonly<Record<VfsErrorCode, string>> = {
  ENOENT: 'No such file or directory',
  EEXIST: 'File exists',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  ENOTEMPTY: 'Directory not empty',
  EINVAL: 'Invalid argument',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EROFS: 'Read-only file system',
  EDQUOT: 'Disk quota exceeded',
  ENOSPC: 'No space left on device',
  EFBIG: 'File too large',
  EMLINK: 'Too many links',
  ENAMETOOLONG: 'File name too long',
  ELOOP: 'Too many levels of symbolic links',
  EBADF: 'Bad file descriptor',
  EXDEV: 'Invalid cross-device link',
  EMFILE: 'Too many open files',
  ENOTSUP: 'Operation not supported',
  ENODATA: 'No data available',
  ERANGE: 'Numerical result out of range',
  E2BIG: 'Argument list too long',
  EAGAIN: 'Resource temporarily unavailable',
  EBUSY: 'Device or resource busy',
  ESTALE: 'Stale file handle',
  EINTR: 'Interrupted system call',
  EDEADLK: 'Resource deadlock avoided',
  ENOLCK: 'No locks available',
  EIO: 'Input/output error',
};

/** Here the store says more than the code does, and a person can do something about it. */
const DETAILED: ReadonlySet<VfsErrorCode> = new Set(['EDQUOT', 'ENOSPC']);

/** What a program says of a failure, without the path. Anything but a `VfsError` is thrown on. */
export function errorText(error: unknown): string {
  if (!isVfsError(error)) throw error;
  return textOfError(error);
}

function textOfError({ code, detail }: VfsError): string {
  return DETAILED.has(code) ? detail : TEXTS[code];
}
