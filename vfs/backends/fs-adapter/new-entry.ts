import type { CallContext } from '../../backend.ts';
import type { Adapted } from './adapted.ts';
import type { FsPath } from './fs-promises.ts';

/** Gives what was just made its owner and exactly its mode, whatever the file system made of them; or takes it away again. */
export async function settle(
  adapted: Adapted,
  place: FsPath,
  mode: number | undefined,
  { owner = { uid: 0, gid: 0 } }: CallContext,
  remove: () => Promise<void>,
): Promise<void> {
  const { fs, owners } = adapted;
  try {
    if (owners === 'kept') await fs.lchown?.(place, owner.uid, owner.gid);
    if (mode !== undefined) await fs.chmod?.(place, mode);
  } catch (error) {
    await remove().catch(() => undefined);
    throw error;
  }
}
