import type { CallContext, VfsBackend } from '../../../vfs/backend.ts';
import { isVfsError } from '../../../vfs/errors.ts';
import { unresolved, type VfsPath } from '../../../vfs/path.ts';
import type { Stats } from '../../../vfs/stats.ts';
import { pathFrom } from '../paths.ts';
import { toVfsText } from './wire/text.ts';

/** Attributes of what has the name; absent where nothing has it. */
export async function statsOf(
  mount: VfsBackend,
  path: VfsPath,
  ctx: CallContext,
): Promise<Stats | undefined> {
  try {
    return await mount.lstat(path, ctx);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** As `statsOf`; what may not be looked at is as good as missing to a receiver, which is told when it makes something there (recv_generator, generator.c). */
export async function visibleStatsOf(
  mount: VfsBackend,
  path: VfsPath,
  ctx: CallContext,
): Promise<Stats | undefined> {
  try {
    return await statsOf(mount, path, ctx);
  } catch (error) {
    if (isVfsError(error, 'EACCES')) return undefined;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return isVfsError(error, 'ENOENT') || isVfsError(error, 'ENOTDIR');
}

/** A name of the list below a directory; one character a byte. */
export function below(root: VfsPath, name: string): VfsPath {
  return name === '.' || name === ''
    ? root
    : unresolved(root === '/' ? `/${toVfsText(name)}` : `${root}/${toVfsText(name)}`);
}

/** A path argument; the empty one is the directory in which the program runs. */
export function argumentPath(cwd: VfsPath, argument: string): VfsPath {
  return argument === '' ? cwd : pathFrom(cwd, toVfsText(argument));
}
