import type { CallContext, ReaddirPage } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { join, NAME_MAX, type VfsPath } from '../../path.ts';
import type { DirectoryEntry, Stats, StatsChange, StorageStats } from '../../stats.ts';
import { changeAttributes, checkRoomToCount, type ListedDirectory } from '../shared/foreign/index.ts';
import {
  checkChange,
  checkChangeOfSize,
  checkChangeOfType,
  checkPage,
  INODES_MAX,
  isEmptyChange,
} from '../shared/index.ts';
import { namesIn, placeOf, type Adapted } from './adapted.ts';
import { keyOf, statsAt, typeOf } from './adapted-stats.ts';
import { attributablePlace } from './attributable.ts';
import { find, lookAt, type Found } from './find.ts';

export async function lstat(adapted: Adapted, path: VfsPath, { signal }: CallContext): Promise<Stats> {
  const { place, stats } = await find(adapted, path, signal);
  return statsAt(adapted, place, stats);
}

export async function setstat(
  adapted: Adapted,
  path: VfsPath,
  wanted: StatsChange,
  { limits, signal }: CallContext,
): Promise<void> {
  const { place, stats } = await find(adapted, path, signal);
  const change = checkChange(wanted);
  checkChangeOfType(typeOf(stats), change);
  await adapted.contents.during({ key: keyOf(stats), hold: 'exclusive' }, signal, async () => {
    const before = await statsAt(adapted, place, await adapted.fs.lstat(place, { bigint: true }));
    checkChangeOfSize(before.size, change, limits, adapted.fileSizeMax);
    if (isEmptyChange(change)) return;
    // A change of mode or owner may forbid to open it.
    const writer = change.size === undefined ? undefined : await adapted.fs.open(place, 'r+');
    try {
      await changeAttributes(attributablePlace(adapted, place, before, writer), change);
    } finally {
      await writer?.close();
    }
  });
}

export async function readdir(
  adapted: Adapted,
  path: VfsPath,
  page: ReaddirPage,
  { signal }: CallContext,
): Promise<DirectoryEntry[]> {
  const checked = checkPage(page);
  const found = await find(adapted, path, signal);
  if (found.stats.isSymbolicLink()) throw new VfsError('ELOOP');
  if (!found.stats.isDirectory()) throw new VfsError('ENOTDIR');
  return adapted.listings.page(listedDirectory(adapted, path, found, signal), checked);
}

function listedDirectory(
  adapted: Adapted,
  path: VfsPath,
  { place, stats }: Found,
  signal: AbortSignal | undefined,
): ListedDirectory {
  const { mtimeMs, ctimeMs } = stats;
  return {
    key: keyOf(stats),
    stamp: () => Promise.resolve({ times: `${mtimeMs} ${ctimeMs}`, changed: Number(ctimeMs) }),
    async *names() {
      yield* await namesIn(adapted, place);
    },
    async stat(name) {
      const entry = placeOf(adapted, join(path, name));
      return statsAt(adapted, entry, await lookAt(adapted, entry, signal));
    },
  };
}

export async function statfs(adapted: Adapted, ctx: CallContext): Promise<StorageStats> {
  checkRoomToCount(ctx);
  const unknown = { bsize: 1, blocks: 2 ** 50, bavail: 2 ** 50, files: 0, ffree: 0 };
  const state = (await adapted.fs.statfs?.(adapted.root === '' ? '/' : adapted.root)) ?? unknown;
  const [bsize, files] = [Number(state.bsize), Number(state.files)];
  return {
    bytesTotal: Math.min(Number.MAX_SAFE_INTEGER, Number(state.blocks) * bsize),
    bytesFree: Math.min(Number.MAX_SAFE_INTEGER, Number(state.bavail) * bsize),
    inodesTotal: files === 0 ? INODES_MAX : files,
    inodesFree: files === 0 ? INODES_MAX : Number(state.ffree),
    nameMax: NAME_MAX,
    readOnly: false,
  };
}
