import { chmod, chown, stat, utimes, type FileHandle } from 'node:fs/promises';
import { VfsError } from '../../errors.ts';
import type { Stats, Timestamp } from '../../stats.ts';
import { doubleSeconds, type Attributable } from '../shared/foreign/index.ts';
import { nameOfDescriptor } from './descriptors.ts';
import { timestampOf } from './host-times.ts';

/** chown(2) takes this for "leave it as it is". */
const NO_ID = 0xffff_ffff;

/** An inode that a descriptor has open, as a place or as a file; `writer` is for a change of size. */
export function attributable(
  fd: number,
  before: Stats,
  owners: 'kept' | 'host',
  writer: FileHandle | undefined,
): Attributable {
  const name = nameOfDescriptor(fd);
  return {
    before,
    owners,
    async setOwner(uid, gid) {
      if (uid === NO_ID || gid === NO_ID)
        throw new VfsError('EINVAL', { detail: 'the host has no owner 2^32 - 1' });
      await chown(name, uid, gid);
    },
    setMode: (mode) => chmod(name, mode),
    setTimes: (atime, mtime) => setTimes(name, atime, mtime),
    async setSize(size) {
      await writer?.truncate(size);
    },
  };
}

async function setTimes(name: string, atime: Timestamp, mtime: Timestamp): Promise<void> {
  await utimes(name, doubleSeconds(atime), doubleSeconds(mtime));
  if (!isFar(atime) && !isFar(mtime)) return;
  const after = await stat(name, { bigint: true });
  const isKept = isNear(after.atimeNs, atime) && isNear(after.mtimeNs, mtime);
  if (!isKept) throw new VfsError('EINVAL', { detail: 'the file system of the host cannot keep this time' });
}

/** A time that some file systems do not keep: outside of signed 32-bit seconds. */
function isFar({ seconds }: Timestamp): boolean {
  return seconds < -(2 ** 31) || seconds >= 2 ** 31;
}

function isNear(nanoseconds: bigint, { seconds }: Timestamp): boolean {
  return timestampOf(nanoseconds).seconds === seconds;
}
