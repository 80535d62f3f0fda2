import { VfsError } from '../../errors.ts';
import { parentOf, ROOT, type VfsPath } from '../../path.ts';
import { statWhole, unlessMissing } from '../shared/foreign/index.ts';
import { placeOf, type Adapted } from './adapted.ts';
import { keyOf, typeOf } from './adapted-stats.ts';
import type { FsPath, FsStats } from './fs-promises.ts';

/** Ways of so many names are looked at one by one; for longer ones it pays to ask for the real path. */
const SHORT_WAY = 2;

/** A name of the storage: where the file system has it, and what is there. */
export interface Found {
  readonly place: FsPath;
  readonly stats: FsStats;
}

/** Attributes of what is at a place, a symlink itself, and not from the middle of a change. `ENOENT`. */
export function lookAt(adapted: Adapted, place: FsPath, signal?: AbortSignal): Promise<FsStats> {
  const look = (): Promise<FsStats> => adapted.fs.lstat(place, { bigint: true });
  return statWhole(adapted.contents, look, keyOf, signal);
}

/** What has the path, if anything. Throws for a way that is none: `ENOENT`, `ENOTDIR`, `ELOOP`. */
export async function findIfThere(
  adapted: Adapted,
  path: VfsPath,
  signal?: AbortSignal,
): Promise<Found | undefined> {
  await checkWay(adapted, path);
  const place = placeOf(adapted, path);
  const stats = await unlessMissing(lookAt(adapted, place, signal));
  return stats === undefined ? undefined : { place, stats };
}

/** What has the path. `ENOENT`, `ENOTDIR`, `ELOOP`; `EACCES` for what is not served. */
export async function find(adapted: Adapted, path: VfsPath, signal?: AbortSignal): Promise<Found> {
  const found = await findIfThere(adapted, path, signal);
  if (found === undefined) throw new VfsError('ENOENT');
  typeOf(found.stats);
  return found;
}

/**
 * Makes sure that all directories above a path are directories, and none a symlink: the file system would follow it.
 * Others who change the tree in the very next moment can make that untrue again.
 */
async function checkWay(adapted: Adapted, path: VfsPath): Promise<void> {
  const above: VfsPath[] = [];
  for (let parent = parentOf(path); parent !== ROOT; parent = parentOf(parent)) above.push(parent);
  const [nearest] = above;
  if (nearest === undefined) return;
  const isShortcut = above.length > SHORT_WAY && (await isReal(adapted, nearest));
  for (const directory of isShortcut ? [nearest] : above.toReversed()) {
    const stats = await adapted.fs.lstat(placeOf(adapted, directory), { bigint: true });
    if (stats.isSymbolicLink()) throw new VfsError('ELOOP');
    if (!stats.isDirectory()) throw new VfsError('ENOTDIR');
  }
}

/** True where the file system says that no symlink is in the path. */
async function isReal({ fs, root, names }: Adapted, path: VfsPath): Promise<boolean> {
  // As text, a path that is not UTF-8 could be taken for another.
  if (names === 'bytes' && !path.isWellFormed()) return false;
  try {
    return (await fs.realpath?.(root + path)) === root + path;
  } catch {
    return false;
  }
}
