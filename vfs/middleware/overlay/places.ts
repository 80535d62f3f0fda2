import { join, nameOf, namesOf, parentOf, ROOT, type VfsPath } from '../../path.ts';

/**
 * The one directory of the upper store that is the overlay's own. All other names of the upper are the user's, as they
 * are; what the user calls by this name in the root is kept inside of it (`OWN_NAME`), so no name is taken from anybody and
 * none leads in here.
 */
const RESERVED = '.anyfs-overlay';

export const PRIVATE = join(ROOT, RESERVED);
/** What the user calls `RESERVED`. */
const OWN_NAME = join(PRIVATE, 'x');
/** A file of which every whiteout is a hard link: no name and no attribute that a user could give makes another one. */
export const WHITEOUT = join(PRIVATE, 'whiteout');
/** A symlink for each inode that came from the lower store; `origins.ts` says what it tells. */
export const ORIGINS = join(PRIVATE, 'o');
/** Names of copied files and symlinks for which the lower store still has the name in the tree. */
export const HELD = join(PRIVATE, 'h');
/** While the overlay is closed: the times that are shown instead of those of the upper store. */
export const TIMES = join(PRIVATE, 'times');
/** What is being made; emptied when the overlay is opened. */
export const WORK = join(PRIVATE, 'w');

export const PRIVATE_DIRECTORIES: readonly VfsPath[] = [PRIVATE, ORIGINS, HELD, WORK];

/** Where the upper store keeps what the user calls `path`. */
export function toUpper(path: VfsPath): VfsPath {
  return isAtOrBelow(path, PRIVATE) ? ((OWN_NAME + path.slice(PRIVATE.length)) as VfsPath) : path;
}

/** What the user calls a path of the upper store; undefined for what is the overlay's own. */
export function fromUpper(path: VfsPath): VfsPath | undefined {
  if (isAtOrBelow(path, OWN_NAME)) return (PRIVATE + path.slice(OWN_NAME.length)) as VfsPath;
  return isAtOrBelow(path, PRIVATE) ? undefined : path;
}

function isAtOrBelow(path: VfsPath, directory: VfsPath): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** `path` with its beginning, which is `from`, replaced by `to`. */
export function rebase(path: VfsPath, from: VfsPath, to: VfsPath): VfsPath {
  const rest = namesOf(path).slice(namesOf(from).length);
  return rest.reduce<VfsPath>(join, to);
}

/** The directories above `path`, from the nearest one up to the root. */
export function above(path: VfsPath): VfsPath[] {
  const all: VfsPath[] = [];
  for (let at = path; at !== ROOT; at = parentOf(at)) all.push(parentOf(at));
  return all;
}

/** The name that the private directory has in the root. */
export const reservedName = nameOf(PRIVATE);
