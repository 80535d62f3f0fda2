import type { CallContext, VfsBackend } from '../backend.ts';
import { isVfsError } from '../errors.ts';
import type { VfsPath } from '../path.ts';
import { childOf } from './entries.ts';

const PAGE = 256;

/**
 * Removes a directory with all that is in it; anything else by itself, a symlink and not what it leads to. Names that
 * come while it works are removed as well, as long as it sees them. Stops at the first failure.
 */
export async function removeTree(storage: VfsBackend, path: VfsPath, ctx: CallContext = {}): Promise<void> {
  const { type } = await storage.lstat(path, ctx);
  if (type === 'directory') await removeDirectory(storage, path, ctx);
  else await storage.unlink(path, ctx);
}

async function removeDirectory(storage: VfsBackend, path: VfsPath, ctx: CallContext): Promise<void> {
  for (;;) {
    const page = await storage.readdir(path, { limit: PAGE }, ctx);
    for (const { name, stats } of page) {
      const child = childOf(path, name);
      if (stats.type === 'directory') await removeDirectory(storage, child, ctx);
      else await unlessGone(storage.unlink(child, ctx));
    }
    if (page.length < PAGE) break;
  }
  await unlessGone(storage.rmdir(path, ctx));
}

/** Somebody else may be removing the same tree. */
async function unlessGone(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!isVfsError(error, 'ENOENT')) throw error;
  }
}
