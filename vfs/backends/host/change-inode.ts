import type { BigIntStats } from 'node:fs';
import { chmod, chown, stat, utimes, type FileHandle } from 'node:fs/promises';
import { VfsError } from '../../errors.ts';
import type { StatsChange, Timestamp } from '../../stats.ts';
import { MODE_BITS } from '../shared/index.ts';
import { nameOfDescriptor } from './descriptors.ts';
import { secondsForHost, timestampOf } from './host-times.ts';

/** chown(2) takes this for "leave it as it is". */
const NO_ID = 0xffff_ffff;
const SET_ID_BITS = 0o6000;

/** An inode that is open, as a place or as a file. */
export interface OpenInode {
  readonly fd: number;
  /** Its attributes before the change. */
  readonly before: BigIntStats;
  readonly owners: 'kept' | 'host';
  /** For a change of size. */
  readonly writer: FileHandle | undefined;
}

/**
 * Makes a checked change that is not empty. The host changes one thing at a time: what can be taken back comes first,
 * a cut of the size last, and after a failure all is as it was before, ctime aside.
 */
export async function changeInode(inode: OpenInode, change: StatsChange): Promise<void> {
  checkIds(inode, change);
  try {
    await changeOwnerAndMode(inode, change);
    await changeTimes(inode, change);
    await changeSize(inode, change);
  } catch (error) {
    await restore(inode);
    throw error;
  }
}

function checkIds({ owners, before }: OpenInode, { uid, gid }: StatsChange): void {
  if (uid === NO_ID || gid === NO_ID) {
    throw new VfsError('EINVAL', { detail: 'the host has no owner 2^32 - 1' });
  }
  if (owners === 'kept') return;
  const stays = BigInt(uid ?? before.uid) === before.uid && BigInt(gid ?? before.gid) === before.gid;
  if (!stays) throw new VfsError('EPERM');
}

async function changeOwnerAndMode({ fd, before }: OpenInode, change: StatsChange): Promise<void> {
  const name = nameOfDescriptor(fd);
  const owned = change.uid !== undefined || change.gid !== undefined;
  if (owned) await chown(name, change.uid ?? Number(before.uid), change.gid ?? Number(before.gid));
  // chown(2) takes set-user-id and set-group-id away.
  const lost = owned && (Number(before.mode) & SET_ID_BITS) !== 0 && !before.isSymbolicLink();
  const mode = change.mode ?? (lost ? modeOf(before) : undefined);
  if (mode !== undefined) await chmod(name, mode);
}

async function changeTimes({ fd, before }: OpenInode, { atime, mtime }: StatsChange): Promise<void> {
  if (atime === undefined && mtime === undefined) return;
  const name = nameOfDescriptor(fd);
  const wanted = {
    atime: atime ?? timestampOf(before.atimeNs),
    mtime: mtime ?? timestampOf(before.mtimeNs),
  };
  await utimes(name, secondsForHost(wanted.atime), secondsForHost(wanted.mtime));
  if (!isFar(wanted.atime) && !isFar(wanted.mtime)) return;
  const after = await stat(name, { bigint: true });
  const kept = isNear(after.atimeNs, wanted.atime) && isNear(after.mtimeNs, wanted.mtime);
  if (!kept) throw new VfsError('EINVAL', { detail: 'the file system of the host cannot keep this time' });
}

/** A time that some file systems do not keep: outside of signed 32-bit seconds. */
function isFar({ seconds }: Timestamp): boolean {
  return seconds < -(2 ** 31) || seconds >= 2 ** 31;
}

function isNear(nanoseconds: bigint, { seconds }: Timestamp): boolean {
  return timestampOf(nanoseconds).seconds === seconds;
}

async function changeSize(inode: OpenInode, change: StatsChange): Promise<void> {
  const { size } = change;
  const { fd, before, writer } = inode;
  if (size === undefined) return;
  // ftruncate(2) to the same size would move mtime; a mode that stays moves ctime alone.
  if (BigInt(size) === before.size) return chmod(nameOfDescriptor(fd), change.mode ?? modeOf(before));
  await writer?.truncate(size);
  await changeTimes(inode, { atime: change.atime, mtime: change.mtime });
}

/** As far as it goes: what failed before may fail again. */
async function restore({ fd, before }: OpenInode): Promise<void> {
  const name = nameOfDescriptor(fd);
  const steps: readonly (() => Promise<void>)[] = [
    () => chown(name, Number(before.uid), Number(before.gid)),
    () => chmod(name, modeOf(before)),
    () => utimes(name, hostSeconds(before.atimeNs), hostSeconds(before.mtimeNs)),
  ];
  for (const step of steps) await step().catch(() => undefined);
}

function hostSeconds(nanoseconds: bigint): number | string {
  return secondsForHost(timestampOf(nanoseconds));
}

function modeOf(stats: BigIntStats): number {
  return Number(stats.mode) & MODE_BITS;
}
