import { chmod, chown, type FileHandle } from 'node:fs/promises';
import type { CallContext } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { MODE_BITS } from '../shared/index.ts';
import { nameOfDescriptor, openPlace, statDescriptor, whileOpen } from './descriptors.ts';
import type { Host } from './host.ts';
import { typeOf } from './host-stats.ts';

/** Gives what was just made its owner and exactly its mode, whatever umask, default ACLs and the directory's group say. */
export async function settle(
  host: Host,
  made: FileHandle,
  mode: number | undefined,
  ctx: CallContext,
): Promise<void> {
  const name = nameOfDescriptor(made.fd);
  const { uid, gid } = ctx.owner ?? { uid: 0, gid: 0 };
  const before = await statDescriptor(made);
  const isOwned = before.uid === BigInt(uid) && before.gid === BigInt(gid);
  if (host.owners === 'kept' && !isOwned) await chown(name, uid, gid);
  if (mode !== undefined && (Number(before.mode) & MODE_BITS) !== mode) await chmod(name, mode);
}

/**
 * Does it to a directory or symlink that was just made; where that fails, `remove` takes the entry away again. What another
 * program has put in its place meanwhile, a second name of somebody's file for one, is left alone.
 */
export async function settleEntry(
  host: Host,
  entry: Buffer,
  made: { readonly type: 'directory' | 'symlink'; readonly mode: number | undefined },
  ctx: CallContext,
  remove: (entry: Buffer) => Promise<void>,
): Promise<void> {
  const place = await openPlace(entry);
  await whileOpen(place, async () => {
    if (typeOf(await statDescriptor(place)) !== made.type) throw new VfsError('EBUSY');
    try {
      await settle(host, place, made.mode, ctx);
    } catch (error) {
      await remove(entry).catch(() => undefined);
      throw error;
    }
  });
}
