import type { CallContext, VfsBackend } from '../backend.ts';
import { isVfsError, VfsError } from '../errors.ts';
import type { VfsPath } from '../path.ts';
import { childOf } from './paths.ts';

export interface RemoveOptions {
  /** A directory goes with all that is in it. */
  readonly recursive?: boolean | undefined;
  /** What is missing is no error. */
  readonly force?: boolean | undefined;
}

const PAGE = 256;

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
    else throw new VfsError('EISDIR', { op: 'unlink', path });
  } catch (error) {
    if (options.force !== true || !isVfsError(error, 'ENOENT')) throw error;
  }
}

/** Names that come while it works are removed as well, as long as it sees them. */
async function removeTree(backend: VfsBackend, path: VfsPath, ctx: CallContext): Promise<void> {
  for (;;) {
    const page = await backend.readdir(path, { limit: PAGE }, ctx);
    for (const { name, stats } of page) {
      const child = childOf(path, name);
      if (stats.type === 'directory') await removeTree(backend, child, ctx);
      else await unlessGone(backend.unlink(child, ctx));
    }
    if (page.length < PAGE) break;
  }
  await unlessGone(backend.rmdir(path, ctx));
}

/** Somebody else may be removing the same tree. */
async function unlessGone(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!isVfsError(error, 'ENOENT')) throw error;
  }
}
