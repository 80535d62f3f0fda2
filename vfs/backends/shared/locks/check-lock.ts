import type { LockRequest, OpenFlags } from '../../../backend.ts';
import { VfsError } from '../../../errors.ts';

/** Where ranges end at most: 2^53, so that every byte before has a number. */
const END_MAX = 2 ** 53;

/** A request whose range is one: `EINVAL` for no bytes, or for bytes past 2^53 - 1. */
export function checkLockRequest(request: LockRequest): LockRequest {
  const { start, length } = request;
  if (!Number.isSafeInteger(start) || start < 0)
    throw new VfsError('EINVAL', { detail: 'request.start must be an integer from 0 to 2^53 - 1' });
  const isFinite = Number.isSafeInteger(length) && length > 0 && start + length <= END_MAX;
  if (isFinite || length === Number.POSITIVE_INFINITY) return request;
  throw new VfsError('EINVAL', {
    detail: 'request.length must be from 1 up to what ends at 2^53, or Infinity',
  });
}

/** As fcntl(2): `EBADF` for a shared lock through a handle that cannot read, for an exclusive one through one that cannot write. */
export function checkLockAccess(access: OpenFlags['access'], { kind }: LockRequest): void {
  const useless = kind === 'shared' ? 'w' : 'r';
  if (access !== useless) return;
  const detail = `a lock that is ${kind} needs a handle for ${kind === 'shared' ? 'reading' : 'writing'}`;
  throw new VfsError('EBADF', { detail });
}
