import { VfsError } from '../../errors.ts';
import type { Stats, Timestamp } from '../../stats.ts';
import { doubleSeconds, type Attributable } from '../shared/foreign/index.ts';
import type { Adapted } from './adapted.ts';
import type { AdaptedHandle } from './adapted-handle.ts';
import type { FsFileHandle, FsPath, FsStats } from './fs-promises.ts';

const NO_ID = 0xffff_ffff;
const NANOSECONDS_PER_MILLISECOND = 1_000_000;

/** The functions of a file system that change one thing each; `ENOTSUP` for those that it lacks. */
interface Changes {
  chown(uid: number, gid: number): Promise<void>;
  chmod(mode: number): Promise<void>;
  utimes(atime: number | string, mtime: number | string): Promise<void>;
  truncate(size: number): Promise<void>;
  stat(): Promise<FsStats>;
}

/** What is at a place, a symlink itself; `writer` is for a change of size. */
export function attributablePlace(
  { fs, owners }: Adapted,
  place: FsPath,
  before: Stats,
  writer: FsFileHandle | undefined,
): Attributable {
  const isSymlink = before.type === 'symlink';
  return attributable(before, owners, {
    chown: (uid, gid) => fs.lchown?.(place, uid, gid) ?? notSupported(),
    chmod: (mode) => fs.chmod?.(place, mode) ?? notSupported(),
    utimes: (atime, mtime) =>
      (isSymlink ? fs.lutimes?.(place, atime, mtime) : fs.utimes?.(place, atime, mtime)) ?? notSupported(),
    async truncate(size) {
      await writer?.truncate(size);
    },
    stat: () => fs.lstat(place, { bigint: true }),
  });
}

/** What a handle has open. */
export function attributableHandle(
  { owners }: Adapted,
  { file }: AdaptedHandle,
  before: Stats,
): Attributable {
  return attributable(before, owners, {
    chown: (uid, gid) => file.chown?.(uid, gid) ?? notSupported(),
    chmod: (mode) => file.chmod?.(mode) ?? notSupported(),
    utimes: (atime, mtime) => file.utimes?.(atime, mtime) ?? notSupported(),
    truncate: (size) => file.truncate(size),
    stat: () => file.stat({ bigint: true }),
  });
}

function notSupported(): Promise<never> {
  return Promise.reject(new VfsError('ENOTSUP'));
}

function attributable(before: Stats, owners: 'kept' | 'host', changes: Changes): Attributable {
  return {
    before,
    owners,
    async setOwner(uid, gid) {
      if (uid === NO_ID || gid === NO_ID)
        throw new VfsError('EINVAL', { detail: 'there is no owner 2^32 - 1' });
      await changes.chown(uid, gid);
    },
    setMode: (mode) => changes.chmod(mode),
    async setTimes(atime, mtime) {
      await changes.utimes(secondsOf(atime), secondsOf(mtime));
      const after = await changes.stat();
      const isKept = isNear(after.atimeMs, atime) && isNear(after.mtimeMs, mtime);
      if (!isKept) throw new VfsError('EINVAL', { detail: 'the file system cannot keep this time' });
    },
    setSize: (size) => changes.truncate(size),
  };
}

function secondsOf({ seconds, nanoseconds }: Timestamp): number | string {
  return doubleSeconds({ seconds, nanoseconds: nanoseconds - (nanoseconds % NANOSECONDS_PER_MILLISECOND) });
}

function isNear(milliseconds: number | bigint, { seconds }: Timestamp): boolean {
  return Math.floor(Number(milliseconds) / 1000) === seconds;
}
