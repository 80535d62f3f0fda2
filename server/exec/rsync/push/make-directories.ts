import { isVfsError } from '../../../../vfs/errors.ts';
import { parentOf, type VfsPath } from '../../../../vfs/path.ts';
import type { Session } from '../session.ts';

/** Makes a directory and all above it that are missing (make_path, util1.c). */
export async function makeDirectories(session: Session, path: VfsPath): Promise<void> {
  const { program, ctx } = session;
  const missing: VfsPath[] = [];
  for (let at = path; ; at = parentOf(at)) {
    try {
      await program.mount.mkdir(at, 0o777 & ~program.umask, ctx);
      break;
    } catch (error) {
      if (isVfsError(error, 'EEXIST')) break;
      if (!isVfsError(error, 'ENOENT')) throw error;
      missing.push(at);
    }
  }
  for (const directory of missing.toReversed())
    await program.mount.mkdir(directory, 0o777 & ~program.umask, ctx);
}
