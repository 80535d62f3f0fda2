import type { Stats } from '../../stats.ts';

export const READ = 4;
export const WRITE = 2;
/** Of a directory: use the names in it. */
export const SEARCH = 1;

export const SET_UID = 0o4000;
export const SET_GID = 0o2000;
export const STICKY = 0o1000;
const GROUP_EXECUTE = 0o010;

/** Who calls, as the kernel knows a process. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Groups beside `gid`. */
  readonly groups?: readonly number[] | undefined;
  /** Mode bits do not bind it, and it may give files to anybody. */
  readonly superuser?: boolean | undefined;
}

export function isOwner({ uid }: Identity, stats: Stats): boolean {
  return stats.uid === uid;
}

export function isInGroup({ gid, groups }: Identity, wanted: number): boolean {
  return wanted === gid || groups?.includes(wanted) === true;
}

/** Does the one class that the caller is in have all of the wanted bits? The owner's bits bind the owner, and so on. */
export function mayAccess(identity: Identity, stats: Stats, wanted: number): boolean {
  const shift = isOwner(identity, stats) ? 6 : isInGroup(identity, stats.gid) ? 3 : 0;
  return ((stats.mode >> shift) & wanted) === wanted;
}

/** Would the content act as the owner, or as the group, when it is run? Set-group-id without execution means something else. */
export function hasSetId(mode: number): boolean {
  const actsAsGroup = (mode & SET_GID) !== 0 && (mode & GROUP_EXECUTE) !== 0;
  return (mode & SET_UID) !== 0 || actsAsGroup;
}

/** The mode of a file whose content the caller changes: what it held must not act as owner or group any more. */
export function withoutSetId(identity: Identity, { mode, gid }: Stats): number {
  const keepsGroup = (mode & GROUP_EXECUTE) === 0 && isInGroup(identity, gid);
  return mode & ~(SET_UID | (keepsGroup ? 0 : SET_GID));
}
