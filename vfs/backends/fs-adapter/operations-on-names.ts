import type { CallContext, RenameOptions } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { ROOT, type VfsPath } from '../../path.ts';
import { checkRoomToCount } from '../shared/foreign/index.ts';
import { checkMode, checkRenamePaths, checkTarget, renameCase, type RenameEnd } from '../shared/index.ts';
import { inItsForm, namesIn, placeOf, targetOf, type Adapted } from './adapted.ts';
import { keyOf, typeOf } from './adapted-stats.ts';
import { find, findIfThere, type Found } from './find.ts';
import type { FsPath } from './fs-promises.ts';
import { settle } from './new-entry.ts';
import { forgetListing } from './operations-on-files.ts';

/** The place for a new entry. `EEXIST` where anything has the path already. */
async function placeForNew(adapted: Adapted, path: VfsPath): Promise<FsPath> {
  if ((await findIfThere(adapted, path)) !== undefined) throw new VfsError('EEXIST', { path });
  await forgetListing(adapted, path);
  return placeOf(adapted, path);
}

export async function mkdir(adapted: Adapted, path: VfsPath, mode: number, ctx: CallContext): Promise<void> {
  const place = await placeForNew(adapted, path);
  const bits = checkMode(mode);
  checkRoomToCount(ctx);
  await adapted.fs.mkdir(place, bits & 0o777);
  await settle(adapted, place, bits, ctx, () => adapted.fs.rmdir(place));
}

export async function symlink(
  adapted: Adapted,
  target: string,
  path: VfsPath,
  ctx: CallContext,
): Promise<void> {
  if (!adapted.capabilities.symlinks) throw new VfsError('ENOTSUP');
  const text = checkTarget(target);
  const place = await placeForNew(adapted, path);
  checkRoomToCount(ctx);
  await adapted.fs.symlink?.(inItsForm(adapted, text), place);
  await settle(adapted, place, undefined, ctx, () => adapted.fs.unlink(place));
}

export async function readlink(adapted: Adapted, path: VfsPath): Promise<string> {
  if (!adapted.capabilities.symlinks) throw new VfsError('ENOTSUP');
  const { place, stats } = await find(adapted, path);
  if (!stats.isSymbolicLink()) throw new VfsError('EINVAL');
  return targetOf(adapted, place);
}

export async function link(adapted: Adapted, from: VfsPath, to: VfsPath): Promise<void> {
  if (!adapted.capabilities.hardLinks) throw new VfsError('ENOTSUP');
  const { place, stats } = await find(adapted, from);
  if (stats.isDirectory()) throw new VfsError('EPERM', { path: from });
  await adapted.fs.link?.(place, await placeForNew(adapted, to));
}

export async function unlink(adapted: Adapted, path: VfsPath): Promise<void> {
  const { place, stats } = await find(adapted, path);
  if (stats.isDirectory()) throw new VfsError('EISDIR');
  await forgetListing(adapted, path);
  await adapted.fs.unlink(place);
}

export async function rmdir(adapted: Adapted, path: VfsPath): Promise<void> {
  if (path === ROOT) throw new VfsError('EBUSY');
  const { place, stats } = await find(adapted, path);
  if (!stats.isDirectory()) throw new VfsError('ENOTDIR');
  if (!(await isEmpty(adapted, place))) throw new VfsError('ENOTEMPTY');
  await forgetListing(adapted, path);
  await adapted.fs.rmdir(place);
  markRemoved(adapted, keyOf(stats));
}

async function isEmpty(adapted: Adapted, directory: FsPath): Promise<boolean> {
  return (await namesIn(adapted, directory)).length === 0;
}

/** Handles of a directory that is gone say so. */
function markRemoved({ files }: Adapted, key: string): void {
  for (const file of files.all())
    if (file.type === 'directory' && file.key === key) file.handle.isRemoved = true;
}

export async function rename(
  adapted: Adapted,
  from: VfsPath,
  to: VfsPath,
  { replace }: RenameOptions,
): Promise<void> {
  checkRenamePaths(from, to);
  const source = await find(adapted, from);
  const target = await findIfThere(adapted, to);
  const targetIsEmpty = target?.stats.isDirectory() === true && (await isEmpty(adapted, target.place));
  const [one, other] = renameEnds(source, target);
  if (renameCase(from, to, replace, one, other, () => targetIsEmpty) === 'nothing') return;
  await forgetListing(adapted, from);
  await forgetListing(adapted, to);
  await adapted.fs.rename(source.place, placeOf(adapted, to));
  if (target !== undefined) markRemoved(adapted, keyOf(target.stats));
}

function renameEnds(source: Found, target: Found | undefined): [RenameEnd, RenameEnd | undefined] {
  const one: RenameEnd = { inode: 0, type: typeOf(source.stats) };
  if (target === undefined) return [one, undefined];
  const inode = keyOf(source.stats) === keyOf(target.stats) ? 0 : 1;
  return [one, { inode, type: typeOf(target.stats) }];
}
