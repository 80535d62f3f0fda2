import type { CallContext, VfsBackend } from '../backend.ts';
import { isVfsError, VfsError } from '../errors.ts';
import type { VfsPath } from '../path.ts';
import { removeTree } from '../extensions/remove-tree.ts';

export interface RemoveOptions {
  /** A directory goes with all that is in it. */
  readonly recursive?: boolean | undefined;
  /** What is missing is no error. */
  readonly force?: boolean | undefined;
  /** Taken and of no effect: nothing here fails only for a while. */
  readonly maxRetries?: number | undefined;
  readonly retryDelay?: number | undefined;
}

/** Removes what has the name; a symlink is removed itself. A directory without `recursive` is `EISDIR`. */
export async function remove(
  backend: VfsBackend,
  path: VfsPath,
  options: RemoveOptions,
  ctx: CallContext,
): Promise<void> {
  try {
    const { type } = await backend.lstat(path, ctx);
    if (type !== 'directory') await backend.unlink(path, ctx);
    else if (options.recursive === true) await removeTree(backend, path, ctx);
    else throw new VfsError('EISDIR', { syscall: 'rm', path });
  } catch (error) {
    if (options.force !== true || !isVfsError(error, 'ENOENT')) throw error;
  }
}
