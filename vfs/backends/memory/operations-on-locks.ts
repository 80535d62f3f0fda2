import type { CallContext, Handle, LockRequest } from '../../backend.ts';
import { checkLockAccess, checkLockRequest, type LockPlace } from '../shared/index.ts';
import type { Store } from './store.ts';

export function lock(
  store: Store,
  handle: Handle,
  request: LockRequest,
  { signal }: CallContext,
): Promise<void> {
  return store.locks.lock(placeToLock(store, handle, request), request, signal);
}

export function tryLock(store: Store, handle: Handle, request: LockRequest): void {
  store.locks.tryLock(placeToLock(store, handle, request), request);
}

export function unlock(store: Store, handle: Handle, request: LockRequest): void {
  const { node } = store.handles.get(handle);
  store.locks.unlock({ file: node.inode, handle }, checkLockRequest(request));
}

function placeToLock(store: Store, handle: Handle, request: LockRequest): LockPlace {
  const { node, access } = store.handles.get(handle);
  checkLockAccess(access, checkLockRequest(request));
  return { file: node.inode, handle };
}
