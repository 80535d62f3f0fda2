import { VfsError } from '../../../vfs/errors.ts';
import { isEmpty } from '../attributes.ts';
import { clientPath } from '../client-path.ts';
import { OK } from '../status.ts';
import type { Handler } from './context.ts';

export const stat: Handler<'stat'> = async ({ mount, following }, { path }) => ({
  kind: 'attributes',
  stats: await mount.lstat(clientPath(path, 'lstat'), following),
});

export const lstat: Handler<'lstat'> = async ({ mount, ctx }, { path }) => ({
  kind: 'attributes',
  stats: await mount.lstat(clientPath(path, 'lstat'), ctx),
});

export const fstat: Handler<'fstat'> = async ({ mount, ctx, handles }, { handle }) => ({
  kind: 'attributes',
  stats: await mount.fstat(handles.file(handle).file, ctx),
});

/** OpenSSH makes one change after the other and goes on after a failure; here all are made, or none. */
export const setstat: Handler<'setstat'> = async ({ mount, following }, { path, change }) => {
  // As OpenSSH, which does nothing then, not even look.
  if (isEmpty(change)) return OK;
  await mount.setstat(clientPath(path, 'setstat'), change, following);
  return OK;
};

export const lsetstat: Handler<'lsetstat'> = async ({ mount, ctx }, { path, change }) => {
  if (change.size !== undefined)
    throw new VfsError('EINVAL', { op: 'setstat', detail: 'a symlink has no size to set' });
  if (isEmpty(change)) return OK;
  await mount.setstat(clientPath(path, 'setstat'), change, ctx);
  return OK;
};

export const fsetstat: Handler<'fsetstat'> = async ({ mount, ctx, handles }, { handle, change }) => {
  const { file, writable } = handles.file(handle);
  if (isEmpty(change)) return OK;
  if (change.size !== undefined && !writable) {
    throw new VfsError('EINVAL', { op: 'fsetstat', detail: 'the file is not open for writing' });
  }
  await mount.fsetstat(file, change, ctx);
  return OK;
};
