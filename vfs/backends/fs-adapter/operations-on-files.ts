import type { CallContext, Handle, OpenFlags } from '../../backend.ts';
import { isVfsError } from '../../errors.ts';
import type { VfsPath } from '../../path.ts';
import { parentOf } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import {
  addFile,
  checkFilesMax,
  checkRoomToCount,
  onOpenAttributes,
  openFile,
  prepared,
  type OpenFile,
} from '../shared/foreign/index.ts';
import { checkMode, checkOpenFlags, openCase, systemClock } from '../shared/index.ts';
import { placeOf, type Adapted } from './adapted.ts';
import { adaptedHandle, type AdaptedHandle } from './adapted-handle.ts';
import { keyOf, statsFrom, typeOf } from './adapted-stats.ts';
import { attributableHandle } from './attributable.ts';
import { find, findIfThere, type Found } from './find.ts';
import { settle } from './new-entry.ts';

/** The flags of `open` that leave the content alone. */
const ACCESS = { r: 'r', w: 'r+', rw: 'r+' } as const;

export async function open(
  adapted: Adapted,
  path: VfsPath,
  flags: OpenFlags,
  mode: number,
  ctx: CallContext,
): Promise<Handle> {
  checkOpenFlags(flags);
  const bits = checkMode(mode);
  const found = await findIfThere(adapted, path, ctx.signal);
  const type = found && typeOf(found.stats);
  const what = openCase(flags, type);
  return what === 'make' || found === undefined
    ? addFile(adapted, await makeFile(adapted, path, flags, bits, ctx))
    : openExisting(adapted, found, flags, ctx);
}

async function openExisting(
  adapted: Adapted,
  { place, stats }: Found,
  flags: OpenFlags,
  { signal }: CallContext,
): Promise<Handle> {
  const type = typeOf(stats) === 'file' ? 'file' : 'directory';
  const opened = adaptedHandle(await adapted.fs.open(place, ACCESS[flags.access]));
  const key = keyOf(stats);
  const handle = await addFile(adapted, openFile(opened, type, key, flags.access));
  if (flags.truncate !== true) return handle;
  const cut = async (): Promise<void> => {
    const before = await statsOf(adapted, opened);
    await opened.truncate(0);
    if (before.size === 0) await touch(adapted, opened, before);
  };
  return prepared(adapted, handle, () => adapted.contents.during({ key, hold: 'exclusive' }, signal, cut));
}

/** As O_TRUNC: mtime moves even where there was nothing to cut, as far as the file system can set it. */
async function touch(adapted: Adapted, handle: AdaptedHandle, before: Stats): Promise<void> {
  const { atime } = before;
  try {
    await attributableHandle(adapted, handle, before).setTimes(atime, systemClock());
  } catch (error) {
    if (!isVfsError(error, 'ENOTSUP')) throw error;
  }
}

async function makeFile(
  adapted: Adapted,
  path: VfsPath,
  flags: OpenFlags,
  mode: number,
  ctx: CallContext,
): Promise<OpenFile<AdaptedHandle>> {
  checkRoomToCount(ctx);
  checkFilesMax(adapted);
  const place = placeOf(adapted, path);
  await forgetListing(adapted, path);
  const handle = adaptedHandle(await adapted.fs.open(place, 'wx+', mode & 0o777));
  return orClose(handle, async () => {
    await settle(adapted, place, mode, ctx, () => adapted.fs.unlink(place));
    return openFile(handle, 'file', keyOf(await handle.file.stat({ bigint: true })), flags.access);
  });
}

/** To be called before the names of the directory above change. */
export async function forgetListing(adapted: Adapted, path: VfsPath): Promise<void> {
  const { stats } = await find(adapted, parentOf(path));
  adapted.listings.forget(keyOf(stats));
}

async function orClose<T>(handle: AdaptedHandle, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function statsOf(adapted: Adapted, { file, isRemoved }: AdaptedHandle): Promise<Stats> {
  return statsFrom(adapted, await file.stat({ bigint: true }), isRemoved);
}

export const { fstat, fsetstat } = onOpenAttributes<AdaptedHandle, Adapted>({
  statsOf,
  attributable: attributableHandle,
});
