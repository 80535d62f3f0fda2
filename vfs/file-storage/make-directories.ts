import type { CallContext, VfsBackend } from '../backend.ts';
import { isVfsError } from '../errors.ts';
import type { VfsPath } from '../path.ts';
import { textAbove } from './paths.ts';

/** Makes a directory and those above it that are missing. Answers the first one that was made, if any was. */
export async function makeDirectories(
  backend: VfsBackend,
  path: VfsPath,
  mode: number,
  ctx: CallContext,
): Promise<VfsPath | undefined> {
  try {
    return (await makeUnlessThere(backend, path, mode, ctx)) ? path : undefined;
  } catch (error) {
    const above = textAbove(path);
    if (!isVfsError(error, 'ENOENT') || above === path) throw error;
    const first = await makeDirectories(backend, above, mode, ctx);
    const made = await makeUnlessThere(backend, path, mode, ctx);
    return first ?? (made ? path : undefined);
  }
}

/** False where the directory is there already: perhaps another program makes the same ones now. */
async function makeUnlessThere(
  backend: VfsBackend,
  path: VfsPath,
  mode: number,
  ctx: CallContext,
): Promise<boolean> {
  try {
    await backend.mkdir(path, mode, ctx);
    return true;
  } catch (error) {
    if (!isVfsError(error, 'EEXIST')) throw error;
    const { type } = await backend.lstat(path, { ...ctx, follow: true });
    if (type !== 'directory') throw error;
    return false;
  }
}
