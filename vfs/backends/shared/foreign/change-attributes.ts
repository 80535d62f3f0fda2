import { VfsError } from '../../../errors.ts';
import type { Stats, StatsChange, Timestamp } from '../../../stats.ts';

const SET_ID_BITS = 0o6000;

/** An inode whose attributes can be changed one thing at a time. */
export interface Attributable {
  /** As they were before the change. */
  readonly before: Stats;
  /** `host`: all belongs to the user of the process, and stays so. */
  readonly owners: 'kept' | 'host';
  setOwner(uid: number, gid: number): Promise<void>;
  setMode(mode: number): Promise<void>;
  /** Throws where it cannot keep them. */
  setTimes(atime: Timestamp, mtime: Timestamp): Promise<void>;
  setSize(size: number): Promise<void>;
}

/**
 * Makes a checked change that is not empty. One thing comes after another: what can be taken back first, a cut of the
 * size last, and after a failure all is as it was before, ctime aside.
 */
export async function changeAttributes(inode: Attributable, change: StatsChange): Promise<void> {
  checkOwner(inode, change);
  try {
    await changeOwnerAndMode(inode, change);
    await changeTimes(inode, change);
    await changeSize(inode, change);
  } catch (error) {
    await restore(inode);
    throw error;
  }
}

function checkOwner({ owners, before }: Attributable, { uid, gid }: StatsChange): void {
  if (owners === 'kept') return;
  const stays = (uid ?? before.uid) === before.uid && (gid ?? before.gid) === before.gid;
  if (!stays) throw new VfsError('EPERM');
}

async function changeOwnerAndMode(inode: Attributable, change: StatsChange): Promise<void> {
  const { before } = inode;
  const isOwned = change.uid !== undefined || change.gid !== undefined;
  if (isOwned) await inode.setOwner(change.uid ?? before.uid, change.gid ?? before.gid);
  // chown(2) takes set-user-id and set-group-id away.
  const isLost = isOwned && (before.mode & SET_ID_BITS) !== 0 && before.type !== 'symlink';
  const mode = change.mode ?? (isLost ? before.mode : undefined);
  if (mode !== undefined) await inode.setMode(mode);
}

async function changeTimes(inode: Attributable, { atime, mtime }: StatsChange): Promise<void> {
  if (atime === undefined && mtime === undefined) return;
  await inode.setTimes(atime ?? inode.before.atime, mtime ?? inode.before.mtime);
}

async function changeSize(inode: Attributable, change: StatsChange): Promise<void> {
  const { size } = change;
  const { before } = inode;
  if (size === undefined) return;
  // To set the same size would move mtime; a mode that stays moves ctime alone.
  if (size === before.size) return inode.setMode(change.mode ?? before.mode);
  await inode.setSize(size);
  await changeTimes(inode, { atime: change.atime, mtime: change.mtime });
}

/** As far as it goes: what failed before may fail again. */
async function restore(inode: Attributable): Promise<void> {
  const { uid, gid, mode, atime, mtime } = inode.before;
  await inode.setOwner(uid, gid).catch(ignore);
  if (inode.before.type !== 'symlink') await inode.setMode(mode).catch(ignore);
  await inode.setTimes(atime, mtime).catch(ignore);
}

function ignore(): void {
  // The failure that is reported came first.
}
