import type { FileHandle } from 'node:fs/promises';
import * as fs from 'node:fs/promises';
import type { CallContext, ReaddirPage } from '../../backend.ts';
import { NAME_MAX, nameOf, parentOf, ROOT, type VfsPath } from '../../path.ts';
import type { DirectoryEntry, Stats, StatsChange, StorageStats } from '../../stats.ts';
import {
  checkChange,
  checkChangeOfSize,
  checkChangeOfType,
  checkPage,
  INODES_MAX,
  isEmptyChange,
} from '../shared/index.ts';
import { changeAttributes, checkRoomToCount, hasCode, statWhole } from '../shared/foreign/index.ts';
import { attributable } from './attributable.ts';
import { listedDirectory } from './listed-directory.ts';
import { nameOfDescriptor, openPlace, statDescriptor, whileOpen } from './descriptors.ts';
import { checkServed, statEntry, type Host } from './host.ts';
import { keyOf, statsFrom, typeOf } from './host-stats.ts';

export async function lstat(host: Host, path: VfsPath, { signal }: CallContext): Promise<Stats> {
  const { tree } = host;
  if (path === ROOT)
    return statsFrom(await statWhole(host.contents, () => statDescriptor(tree.root.handle), keyOf, signal));
  return tree.within(parentOf(path), async (parent) =>
    statsFrom(await statEntry(host, parent, nameOf(path), signal)),
  );
}

export async function setstat(
  host: Host,
  path: VfsPath,
  change: StatsChange,
  ctx: CallContext,
): Promise<void> {
  const { tree } = host;
  if (path === ROOT) return changePlace(host, tree.root.handle, change, ctx);
  await tree.within(parentOf(path), async (parent) => {
    const place = await openPlace(parent.entry(nameOf(path)));
    await whileOpen(place, () => changePlace(host, place, change, ctx));
  });
}

async function changePlace(
  host: Host,
  place: FileHandle,
  wanted: StatsChange,
  { limits, signal }: CallContext,
): Promise<void> {
  const found = checkServed(host, await statDescriptor(place));
  const change = checkChange(wanted);
  checkChangeOfType(typeOf(found) ?? 'file', change);
  await host.contents.during({ key: keyOf(found), hold: 'exclusive' }, signal, async () => {
    const before = statsFrom(await statDescriptor(place));
    checkChangeOfSize(before.size, change, limits, host.fileSizeMax);
    if (isEmptyChange(change)) return;
    const inode = (writer?: FileHandle) => attributable(place.fd, before, host.owners, writer);
    if (change.size === undefined) return changeAttributes(inode(), change);
    const writer = await fs.open(nameOfDescriptor(place.fd), 'r+');
    await whileOpen(writer, () => changeAttributes(inode(writer), change));
  });
}

export async function readdir(
  host: Host,
  path: VfsPath,
  page: ReaddirPage,
  { signal }: CallContext,
): Promise<DirectoryEntry[]> {
  const checked = checkPage(page);
  return host.tree.within(path, (directory) =>
    host.listings.page(listedDirectory(host, directory, signal), checked),
  );
}

export async function statfs(host: Host, ctx: CallContext): Promise<StorageStats> {
  checkRoomToCount(ctx);
  const root = nameOfDescriptor(host.tree.root.fd);
  const { bsize, blocks, bavail, files, ffree } = await fs.statfs(root);
  // Some file systems number their files without an end and say 0.
  const inodesTotal = files === 0 ? INODES_MAX : files;
  return {
    bytesTotal: Math.min(Number.MAX_SAFE_INTEGER, blocks * bsize),
    bytesFree: Math.min(Number.MAX_SAFE_INTEGER, bavail * bsize),
    inodesTotal,
    inodesFree: files === 0 ? inodesTotal : ffree,
    nameMax: NAME_MAX,
    readOnly: await isReadOnly(root),
  };
}

async function isReadOnly(root: string): Promise<boolean> {
  try {
    await fs.access(root, fs.constants.W_OK);
    return false;
  } catch (error) {
    return hasCode(error, 'EROFS');
  }
}
