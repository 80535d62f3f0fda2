import { isVfsError, VfsError, type VfsErrorCode } from '../../errors.ts';

/** What a code of the host becomes. What is not in here is `EIO`. */
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
};

/**
 * What a call to the host threw, as a `VfsError` without operation and path. Of the original nothing but its code and
 * system call is kept, since its message holds a path of the host.
 */
export function fromHost(thrown: unknown): VfsError {
  if (isVfsError(thrown)) return thrown;
  const code = hostCode(thrown);
  if (code === undefined) return new VfsError('EIO', { cause: thrown });
  const cause = new Error(`${code} from ${(thrown as NodeJS.ErrnoException).syscall ?? 'Node'}`);
  return new VfsError(CODES[code] ?? 'EIO', { cause });
}

/** True for an error of the host, or of a storage, with one of the codes. */
export function hasCode(thrown: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(hostCode(thrown) ?? '');
}

function hostCode(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : undefined;
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
