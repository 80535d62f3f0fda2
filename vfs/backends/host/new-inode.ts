import { chmod, chown, type FileHandle } from 'node:fs/promises';
import type { CallContext } from '../../backend.ts';
import { MODE_BITS } from '../shared/index.ts';
import { nameOfDescriptor, openPlace, statDescriptor, whileOpen } from './descriptors.ts';
import type { Host } from './host.ts';

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

/** Does it to an entry that was just made; where that fails, `remove` takes the entry away again. */
export async function settleEntry(
  host: Host,
  entry: Buffer,
  mode: number | undefined,
  ctx: CallContext,
  remove: (entry: Buffer) => Promise<void>,
): Promise<void> {
  try {
    const made = await openPlace(entry);
    await whileOpen(made, () => settle(host, made, mode, ctx));
  } catch (error) {
    await remove(entry).catch(() => undefined);
    throw error;
  }
}
