import { isVfsError, VfsError, type VfsErrorCode } from '../../../errors.ts';

/** What a code of Node's and of libraries like it becomes. What is not in here is `EIO`. */
const CODES: Readonly<Record<string, VfsErrorCode>> = {
  ENOENT: 'ENOENT',
  EEXIST: 'EEXIST',
  ENOTDIR: 'ENOTDIR',
  EISDIR: 'EISDIR',
  ENOTEMPTY: 'ENOTEMPTY',
  EINVAL: 'EINVAL',
  EACCES: 'EACCES',
  EPERM: 'EPERM',
  EROFS: 'EROFS',
  EDQUOT: 'EDQUOT',
  ENOSPC: 'ENOSPC',
  EFBIG: 'EFBIG',
  EOVERFLOW: 'EFBIG',
  EMLINK: 'EMLINK',
  ENAMETOOLONG: 'ENAMETOOLONG',
  EILSEQ: 'EINVAL',
  ELOOP: 'ELOOP',
  EBADF: 'EBADF',
  EXDEV: 'EXDEV',
  EMFILE: 'EMFILE',
  ENFILE: 'EMFILE',
  ENOTSUP: 'ENOTSUP',
  EOPNOTSUPP: 'ENOTSUP',
  ENOSYS: 'ENOTSUP',
  EAGAIN: 'EAGAIN',
  EWOULDBLOCK: 'EAGAIN',
  EBUSY: 'EBUSY',
  ETXTBSY: 'EBUSY',
  ESTALE: 'ESTALE',
  EINTR: 'EINTR',
  ENODATA: 'ENODATA',
  ERANGE: 'ERANGE',
  E2BIG: 'E2BIG',
  EDEADLK: 'EDEADLK',
  ENOLCK: 'ENOLCK',
};

/**
 * What a call to another file system threw, as a `VfsError` without operation and path. Of the original nothing but its
 * code and system call is kept, since its message holds a path of that file system.
 */
export function fromForeign(thrown: unknown): VfsError {
  if (isVfsError(thrown)) return thrown;
  const code = codeOf(thrown);
  if (code === undefined) return new VfsError('EIO', { cause: thrown });
  const cause = new Error(`${code} from ${systemCall(thrown) ?? 'the file system below'}`);
  return new VfsError(CODES[code] ?? 'EIO', { cause });
}

/** True for an error of a file system, or of a storage, with one of the codes. */
export function hasCode(thrown: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(codeOf(thrown) ?? '');
}

function codeOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function systemCall(thrown: unknown): string | undefined {
  const call = thrown instanceof Error && 'syscall' in thrown ? thrown.syscall : undefined;
  return typeof call === 'string' ? call : undefined;
}

/** The answer, or undefined where there is nothing by that name. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
