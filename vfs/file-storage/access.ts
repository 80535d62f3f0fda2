import type { CallContext, VfsBackend } from '../backend.ts';
import { VfsError } from '../errors.ts';
import type { VfsPath } from '../path.ts';
import { constants } from './open-flags.ts';

/**
 * Whether a path leads to something, and what holds for everybody: nothing can be written in a storage that cannot be
 * written to (`EROFS`), and no file be run whose mode lets nobody (`EACCES`). Other modes are the stack's own affair.
 */
export async function checkAccess(
  backend: VfsBackend,
  path: VfsPath,
  mode: number,
  ctx: CallContext,
): Promise<void> {
  const stats = await backend.lstat(path, { ...ctx, follow: true });
  const isNobodys = stats.type === 'file' && (stats.mode & 0o111) === 0;
  if ((mode & constants.X_OK) !== 0 && isNobodys) throw new VfsError('EACCES', { path });
  if ((mode & constants.W_OK) !== 0 && (await backend.statfs(ctx)).readOnly)
    throw new VfsError('EROFS', { path });
}
