import type { CallContext, Handle, LockRequest } from '../../backend.ts';
import { checkLockAccess, checkLockRequest, type LockPlace } from '../shared/locks/index.ts';
import type { Parts } from './parts.ts';

export function lock(
  parts: Parts,
  handle: Handle,
  request: LockRequest,
  { signal }: CallContext,
): Promise<void> {
  return parts.locks.lock(placeToLock(parts, handle, request), request, signal);
}

export function tryLock(parts: Parts, handle: Handle, request: LockRequest): void {
  parts.locks.tryLock(placeToLock(parts, handle, request), request);
}

export function unlock(parts: Parts, handle: Handle, request: LockRequest): void {
  const { content } = parts.handles.get(handle);
  parts.locks.unlock({ file: content.inode.ino, handle }, checkLockRequest(request));
}

function placeToLock(parts: Parts, handle: Handle, request: LockRequest): LockPlace {
  const { content, access } = parts.handles.get(handle);
  checkLockAccess(access, checkLockRequest(request));
  return { file: content.inode.ino, handle };
}
