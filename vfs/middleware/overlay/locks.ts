import type { CallContext, Handle, LockRequest } from '../../backend.ts';
import { checkLockAccess, checkLockRequest, type LockPlace } from '../../backends/shared/index.ts';
import type { Store } from './store.ts';

/*
 * Locks are the overlay's own, by the numbers that it shows, so that they stay where they are when a file is copied up.
 * Who uses the lower store by itself knows nothing of them, and it is not written here.
 */

export async function lock(
  store: Store,
  handle: Handle,
  request: LockRequest,
  { signal }: CallContext,
): Promise<void> {
  await store.locks.lock(placeToLock(store, handle, request), request, signal);
}

export async function tryLock(store: Store, handle: Handle, request: LockRequest): Promise<void> {
  store.locks.tryLock(placeToLock(store, handle, request), request);
}

export async function unlock(store: Store, handle: Handle, request: LockRequest): Promise<void> {
  const { node } = store.handles.get(handle);
  store.locks.unlock({ file: node.inode, handle }, checkLockRequest(request));
}

function placeToLock(store: Store, handle: Handle, request: LockRequest): LockPlace {
  const { node, access } = store.handles.get(handle);
  checkLockAccess(access, checkLockRequest(request));
  return { file: node.inode, handle };
}
