import type { VfsError, VfsErrorCode } from '../../vfs/errors.ts';
import { STATUS, type StatusCode } from './protocol.ts';
import type { StatusReply } from './replies.ts';

/** As OpenSSH's errno_to_portable; where it differs, the line says why. */
const STATUS_OF: Readonly<Record<VfsErrorCode, StatusCode>> = {
  ENOENT: STATUS.NO_SUCH_FILE,
  ENOTDIR: STATUS.NO_SUCH_FILE,
  ELOOP: STATUS.NO_SUCH_FILE,
  EACCES: STATUS.PERMISSION_DENIED,
  EPERM: STATUS.PERMISSION_DENIED,
  // OpenSSH: FAILURE for the error number, but PERMISSION_DENIED from a server that is read-only itself, as here.
  EROFS: STATUS.PERMISSION_DENIED,
  EINVAL: STATUS.BAD_MESSAGE,
  ENAMETOOLONG: STATUS.BAD_MESSAGE,
  // OpenSSH: FAILURE. Version 3 has a code that says it.
  ENOTSUP: STATUS.OP_UNSUPPORTED,
  // OpenSSH: NO_SUCH_FILE, also for a handle that may not be written, which reads as if the file were gone.
  EBADF: STATUS.FAILURE,
  EEXIST: STATUS.FAILURE,
  EISDIR: STATUS.FAILURE,
  ENOTEMPTY: STATUS.FAILURE,
  EDQUOT: STATUS.FAILURE,
  ENOSPC: STATUS.FAILURE,
  EFBIG: STATUS.FAILURE,
  EMLINK: STATUS.FAILURE,
  EXDEV: STATUS.FAILURE,
  EMFILE: STATUS.FAILURE,
  ENODATA: STATUS.FAILURE,
  ERANGE: STATUS.FAILURE,
  E2BIG: STATUS.FAILURE,
  EAGAIN: STATUS.FAILURE,
  EBUSY: STATUS.FAILURE,
  ESTALE: STATUS.FAILURE,
  EINTR: STATUS.FAILURE,
  EDEADLK: STATUS.FAILURE,
  ENOLCK: STATUS.FAILURE,
  EIO: STATUS.FAILURE,
};

export const OK: StatusReply = { kind: 'status', code: STATUS.OK, message: 'Success' };
export const EOF: StatusReply = { kind: 'status', code: STATUS.EOF, message: 'End of file' };
export const UNSUPPORTED: StatusReply = {
  kind: 'status',
  code: STATUS.OP_UNSUPPORTED,
  message: 'Operation unsupported',
};

/** Version 3 has no code that says more; the words do. */
export function failure(message: string): StatusReply {
  return { kind: 'status', code: STATUS.FAILURE, message };
}

/** What a client is told of an error: its code by the table, and words for a person. */
export function statusOf(error: VfsError): StatusReply {
  return { kind: 'status', code: STATUS_OF[error.code], message: error.detail };
}
