import type { CallContext, VfsBackend } from '../../../../vfs/backend.ts';
import { isVfsError } from '../../../../vfs/errors.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { Pace } from '../../pace.ts';
import type { Digest } from './digest.ts';

/** Bytes read at once. */
const PIECE = 256 * 1024;

/** The checksum of a whole file, for `-c` (file_checksum, checksum.c). */
export async function fileChecksum(
  mount: VfsBackend,
  path: VfsPath,
  digest: Digest,
  ctx: CallContext,
): Promise<Uint8Array> {
  const pace = new Pace();
  const handle = await mount.open(path, { access: 'r' }, 0, ctx);
  try {
    digest.start();
    for (let at = 0; ;) {
      const bytes = await mount.read(handle, at, PIECE, ctx);
      if (bytes.length === 0) break;
      digest.update(bytes);
      at += bytes.length;
      if (pace.due) await pace.rest();
    }
    return digest.finish();
  } finally {
    await mount.close(handle, {});
  }
}

/** A file that cannot be read has no checksum that is known to be right. */
// prettier-ignore
export async function hasChecksum(mount: VfsBackend, path: VfsPath, checksum: Uint8Array, digest: Digest, ctx: CallContext): Promise<boolean> {
  try {
    const found = await fileChecksum(mount, path, digest, ctx);
    return Buffer.compare(found, checksum) === 0;
  } catch (error) {
    if (!isVfsError(error) || error.code === 'EINTR') throw error;
    return false;
  }
}
