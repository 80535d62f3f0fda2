import { createHash, getHashes } from 'node:crypto';
import type { CallContext, VfsBackend } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { VfsPath } from '../../path.ts';

const PIECE = 1 << 20;

/**
 * The hash of a file's content in hexadecimal digits; `algorithm` is one that OpenSSL knows (`sha256`, `md5`, …), else
 * `EINVAL`. Memory: 1 MiB. A file that changes meanwhile may give a hash of no state that it ever had.
 */
export async function hashFile(
  storage: VfsBackend,
  path: VfsPath,
  algorithm = 'sha256',
  ctx: CallContext = {},
): Promise<string> {
  if (!getHashes().includes(algorithm)) {
    throw new VfsError('EINVAL', { path, detail: `no hash algorithm: ${algorithm}` });
  }
  const hash = createHash(algorithm);
  const handle = await storage.open(path, { access: 'r' }, 0, ctx);
  try {
    for (let position = 0; ;) {
      const piece = await storage.read(handle, position, PIECE, ctx);
      hash.update(piece);
      position += piece.length;
      if (piece.length < PIECE) return hash.digest('hex');
    }
  } finally {
    await storage.close(handle, ctx);
  }
}
