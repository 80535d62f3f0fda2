import type { CallContext, ReaddirPage } from '../../backend.ts';
import type { VfsPath } from '../../path.ts';
import type { DirectoryEntry, Stats, StatsChange, StorageStats } from '../../stats.ts';
import {
  attributesAfter,
  checkChange,
  checkChangeOfSize,
  checkChangeOfType,
  checkPage,
  storageStats,
} from '../shared/index.ts';
import { directoryEntryOf, sizeOf, statsOf, type Node } from './node.ts';
import { asDirectory, entryIn, type Store } from './store.ts';

export function lstat(store: Store, path: VfsPath): Stats {
  return statsOf(store.find(path));
}

export function setstat(store: Store, path: VfsPath, change: StatsChange, ctx: CallContext): void {
  changeNode(store, store.find(path), change, ctx);
}

/** Makes a change whole or not at all. */
export function changeNode(store: Store, node: Node, wanted: StatsChange, ctx: CallContext): void {
  const change = checkChange(wanted);
  const before = sizeOf(node);
  checkChangeOfType(node.type, change);
  checkChangeOfSize(before, change, ctx.limits);
  Object.assign(node, attributesAfter({ ...node, size: before }, change, store.now()));
  const { size } = change;
  if (node.type === 'file' && size !== undefined)
    store.changeContent(node, (content) => content.resize(size));
}

export function readdir(store: Store, path: VfsPath, page: ReaddirPage): DirectoryEntry[] {
  const { after, limit } = checkPage(page);
  const directory = asDirectory(store.find(path));
  return directory.sorted.page(after, limit).map((name) => directoryEntryOf(entryIn(directory, name)));
}

export function statfs(store: Store, ctx: CallContext): StorageStats {
  return storageStats(store.usage, store.capacity, ctx.limits);
}
