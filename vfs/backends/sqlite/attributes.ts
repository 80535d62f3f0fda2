import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { ROOT_INODE, type CallContext, type ReaddirPage, type Resolution } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { decodeText } from '../../names.ts';
import { checkName, checkPathLength, isCanonical, join, ROOT, type VfsPath } from '../../path.ts';
import { resolveDirectly, type DirectLookups } from '../../resolve.ts';
import type { DirectoryEntry, Stats, StatsChange, StorageStats } from '../../stats.ts';
import { checkPage } from '../shared/arguments.ts';
import { attributesAfter, checkChangeOfSize, checkChangeOfType, isEmptyChange } from '../shared/change.ts';
import { checkChange } from '../shared/arguments.ts';
import { storageStats } from '../shared/limits.ts';
import { modeWithType, statsOf, typeOf, type Inode } from './inode.ts';
import { directoryAt, entryAt, existing, find, knownWayTo } from './lookup.ts';
import { openContent } from './open-file.ts';
import type { Parts } from './parts.ts';
import { FILE_SIZE_MAX } from './schema.ts';
import { save } from './tree.ts';

export function lstat(parts: Parts, path: VfsPath): Stats {
  return statsOf(entryAt(parts, path));
}

export function setstat(parts: Parts, path: VfsPath, wanted: StatsChange, ctx: CallContext): void {
  change(parts, entryAt(parts, path), wanted, ctx);
}

/** Makes all changes or, where one is not allowed, none. */
export function change(parts: Parts, inode: Inode, wanted: StatsChange, ctx: CallContext): void {
  const checked = checkChange(wanted);
  checkChangeOfType(typeOf(inode), checked);
  checkChangeOfSize(inode.size, checked, ctx.limits, FILE_SIZE_MAX);
  if (isEmptyChange(checked)) return;
  parts.transaction.ensure();
  const { mode, ...rest } = attributesAfter(inode, checked, parts.clock());
  if (checked.size !== undefined && checked.size !== inode.size) resize(parts, inode, checked.size);
  Object.assign(inode, rest, { mode: modeWithType(typeOf(inode), mode) });
  save(parts, inode);
}

function resize(parts: Parts, inode: Inode, size: number): void {
  const open = parts.contents.get(inode.ino);
  const file = open ?? openContent(inode);
  parts.content.truncate(file, size);
  parts.content.flush(file);
  if (open === undefined) parts.content.letGo(file);
}

export function readdir(parts: Parts, path: VfsPath, page: ReaddirPage): DirectoryEntry[] {
  const { after, limit } = checkPage(page);
  return parts.names.page(directoryAt(parts, path), after, limit).map(([name, ...row]) => ({
    name: decodeText(name),
    stats: statsOf(parts.inodes.current(row)),
  }));
}

export function readlink(parts: Parts, path: VfsPath): string {
  const { target } = entryAt(parts, path);
  if (target === null) throw new VfsError('EINVAL');
  return decodeText(target);
}

export function statfs(parts: Parts, ctx: CallContext): StorageStats {
  const host = statfsSync(dirname(parts.file));
  const capacity = { bytes: parts.usage.used + host.bavail * host.bsize, inodes: 2 ** 35 };
  return storageStats(parts.usage, capacity, ctx.limits);
}

export function resolve(parts: Parts, path: VfsPath, last: 'follow' | 'keep'): Resolution {
  return resolveKnown(parts, path, last) ?? walk(parts, path, last);
}

/** The same with one look-up, where the way is one of directories that are known; else nothing. */
function resolveKnown(parts: Parts, path: VfsPath, last: 'follow' | 'keep'): Resolution | undefined {
  if (path === ROOT || !isCanonical(path)) return undefined;
  const searched = knownWayTo(parts, path)?.map(statsOf);
  if (searched === undefined) return undefined;
  const stats = statsIf(find(parts, path));
  if (stats?.type === 'symlink' && last === 'follow') return undefined;
  if (stats !== undefined) return { path, stats, searched };
  checkPathLength(path, 'resolve');
  return { path, searched };
}

function statsIf(inode: Inode | undefined): Stats | undefined {
  return inode && statsOf(inode);
}

function walk(parts: Parts, path: VfsPath, last: 'follow' | 'keep'): Resolution {
  const lookups: DirectLookups = {
    statInode: (ino) => statsOf(existing(parts, ino)),
    child: (directory, name) => statsIf(parts.names.find(directory, name)),
    target: (symlink) => decodeText(existing(parts, symlink).target ?? new Uint8Array(0)),
  };
  return resolveDirectly(lookups, ROOT_INODE, path, last);
}

export function lookup(parts: Parts, parentInode: number, name: string): Stats {
  const directory = living(parts, parentInode);
  if (typeOf(directory) !== 'directory') throw new VfsError('ENOTDIR');
  const inode = parts.names.find(parentInode, checkName(name, 'lookup'));
  if (inode === undefined) throw new VfsError('ENOENT');
  return statsOf(inode);
}

export function statInode(parts: Parts, ino: number): Stats {
  return statsOf(living(parts, ino));
}

export function inodeToPath(parts: Parts, ino: number): VfsPath {
  const names: string[] = [];
  let here = living(parts, ino);
  while (here.ino !== ROOT_INODE) {
    const found = parts.names.nameOf(here.ino, here.parent);
    if (found === undefined) throw new VfsError('ESTALE');
    names.push(decodeText(found.name));
    here = existing(parts, found.parent);
  }
  return names.reduceRight<VfsPath>(join, ROOT);
}

function living(parts: Parts, ino: number): Inode {
  const inode = Number.isSafeInteger(ino) ? parts.inodes.get(ino) : undefined;
  if (inode === undefined || (inode.nlink === 0 && !parts.inodes.isPinned(ino))) throw new VfsError('ESTALE');
  return inode;
}
