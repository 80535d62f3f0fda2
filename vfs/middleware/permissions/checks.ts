import { VfsError } from '../../errors.ts';
import type { Stats, StatsChange } from '../../stats.ts';
import {
  hasSetId,
  isInGroup,
  isOwner,
  mayAccess,
  READ,
  SEARCH,
  SET_GID,
  SET_UID,
  STICKY,
  withoutSetId,
  WRITE,
  type Identity,
} from './identity.ts';

/*
 * What POSIX asks before something is done, each as a function that throws what Linux answers where it is not
 * permitted. Operation and path are added to the errors where they are caught.
 */

export function requireAccess(identity: Identity, stats: Stats, wanted: number): void {
  if (!mayAccess(identity, stats, wanted)) throw new VfsError('EACCES');
}

/** For a new name in a directory. */
export function requireAdding(identity: Identity, directory: Stats): void {
  requireAccess(identity, directory, WRITE | SEARCH);
}

/** For the removal of a name. In a sticky directory only the owner of the thing or of the directory may. */
export function requireRemoving(identity: Identity, directory: Stats, thing: Stats): void {
  requireAccess(identity, directory, WRITE | SEARCH);
  const isSticky = (directory.mode & STICKY) !== 0;
  if (isSticky && !isOwner(identity, thing) && !isOwner(identity, directory)) throw new VfsError('EPERM');
}

/** For a second name, as Linux with `fs.protected_hardlinks`: of one's own, or of a plain file that one may read and write. */
export function requireLinking(identity: Identity, thing: Stats): void {
  if (isOwner(identity, thing)) return;
  const isPlain = thing.type === 'file' && !hasSetId(thing.mode);
  if (!isPlain || !mayAccess(identity, thing, READ | WRITE)) throw new VfsError('EPERM');
}

/**
 * A change of attributes as far as it is permitted: mode and times by the owner; the owner to nobody else; the group by
 * the owner to one of its own. A change of size is permitted elsewhere. What Linux takes away with it is taken away:
 * set-group-id where the group is not the caller's, both set-id bits with a new group and with a foreigner's change of
 * size, unless the change itself says the mode.
 */
export function permittedChange(identity: Identity, stats: Stats, change: StatsChange): StatsChange {
  const { mode, uid, gid, size, atime, mtime } = change;
  const owner = isOwner(identity, stats);
  const ownersOnly = [mode, uid, gid, atime, mtime].some((value) => value !== undefined);
  if (ownersOnly && !owner) throw new VfsError('EPERM');
  if (uid !== undefined && uid !== stats.uid) throw new VfsError('EPERM');
  if (gid !== undefined && gid !== stats.gid && !isInGroup(identity, gid)) throw new VfsError('EPERM');
  if (mode !== undefined) return { ...change, mode: permittedMode(identity, gid ?? stats.gid, mode) };
  const loses = (gid !== undefined && gid !== stats.gid) || (size !== undefined && !owner);
  const left = withoutSetId(identity, stats);
  return loses && stats.type === 'file' && left !== stats.mode ? { ...change, mode: left } : change;
}

/** Only a member of the group may set set-group-id. */
function permittedMode(identity: Identity, gid: number, mode: number): number {
  return isInGroup(identity, gid) ? mode : mode & ~SET_GID;
}

/** Group and mode of something new: a set-group-id directory gives its group to all, and itself to directories. */
export function inherited(
  identity: Identity,
  directory: Stats,
  mode: number,
  kind: 'file' | 'directory',
): { readonly gid: number; readonly mode: number } {
  if ((directory.mode & SET_GID) === 0) return { gid: identity.gid, mode };
  if (kind === 'directory') return { gid: directory.gid, mode: mode | SET_GID };
  // Else a member of no such group could make a program that runs as one.
  const gid = directory.gid;
  return { gid, mode: hasSetId(mode & ~SET_UID) ? permittedMode(identity, gid, mode) : mode };
}
