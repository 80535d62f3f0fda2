import type { BigIntStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { CallContext, RenameOptions } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { decodeText, encodeText } from '../../names.ts';
import { nameOf, parentOf, ROOT, type VfsPath } from '../../path.ts';
import { checkMode, checkRenamePaths, checkTarget, renameCase, type RenameEnd } from '../shared/index.ts';
import { checkRoomToCount, hasCode, unlessMissing } from '../shared/foreign/index.ts';
import type { Directory } from './directory.ts';
import { checkServed, type Host } from './host.ts';
import { keyOf, typeOf } from './host-stats.ts';
import { settleEntry } from './new-inode.ts';

/** The parent of a name and the host's name of the entry, which is about to change. */
function changing<T>(
  host: Host,
  path: VfsPath,
  change: (entry: Buffer, parent: Directory) => Promise<T>,
): Promise<T> {
  return host.tree.within(parentOf(path), (parent) => {
    host.listings.forget(parent.key);
    return change(parent.entry(nameOf(path)), parent);
  });
}

/** What is there and served; never follows. */
async function look(host: Host, entry: Buffer): Promise<BigIntStats> {
  return checkServed(host, await fs.lstat(entry, { bigint: true }));
}

export async function mkdir(host: Host, path: VfsPath, mode: number, ctx: CallContext): Promise<void> {
  if (path === ROOT) throw new VfsError('EEXIST');
  await changing(host, path, async (entry) => {
    const bits = await checkedForNew(entry, () => checkMode(mode));
    checkRoomToCount(ctx);
    await fs.mkdir(entry, bits & 0o777);
    await settleEntry(host, entry, { type: 'directory', mode: bits }, ctx, fs.rmdir);
  });
}

/** A name that is taken is told before a value that is wrong. */
async function checkedForNew<T>(entry: Buffer, check: () => T): Promise<T> {
  try {
    return check();
  } catch (error) {
    if (await isThere(entry)) throw new VfsError('EEXIST');
    throw error;
  }
}

async function isThere(entry: Buffer): Promise<boolean> {
  return (await unlessMissing(fs.lstat(entry))) !== undefined;
}

export async function symlink(host: Host, target: string, path: VfsPath, ctx: CallContext): Promise<void> {
  if (!host.capabilities.symlinks) throw new VfsError('ENOTSUP');
  const text = checkTarget(target);
  if (path === ROOT) throw new VfsError('EEXIST');
  checkRoomToCount(ctx);
  await changing(host, path, async (entry) => {
    await fs.symlink(Buffer.from(encodeText(text)), entry);
    await settleEntry(host, entry, { type: 'symlink', mode: undefined }, ctx, fs.unlink);
  });
}

export async function readlink(host: Host, path: VfsPath): Promise<string> {
  if (!host.capabilities.symlinks) throw new VfsError('ENOTSUP');
  if (path === ROOT) throw new VfsError('EINVAL');
  return host.tree.within(parentOf(path), async (parent) => {
    return decodeText(await fs.readlink(parent.entry(nameOf(path)), { encoding: 'buffer' }));
  });
}

/** link(2) does not follow a symlink, so no second name of a file outside can be made. */
export async function link(host: Host, from: VfsPath, to: VfsPath): Promise<void> {
  if (!host.capabilities.hardLinks) throw new VfsError('ENOTSUP');
  if (from === ROOT) throw new VfsError('EPERM', { path: from });
  await changing(host, from, async (existing) => {
    const stats = await look(host, existing);
    if (stats.isDirectory()) throw new VfsError('EPERM', { path: from });
    if (to === ROOT) throw new VfsError('EEXIST', { path: to });
    await changing(host, to, (entry) => fs.link(existing, entry));
  });
}

export async function unlink(host: Host, path: VfsPath): Promise<void> {
  if (path === ROOT) throw new VfsError('EISDIR');
  await changing(host, path, async (entry) => {
    if ((await look(host, entry)).isDirectory()) throw new VfsError('EISDIR');
    await fs.unlink(entry);
  });
}

export async function rmdir(host: Host, path: VfsPath): Promise<void> {
  if (path === ROOT) throw new VfsError('EBUSY');
  await changing(host, path, async (entry) => {
    await look(host, entry);
    await fs.rmdir(entry);
  });
  await host.tree.forget(path);
}

export async function rename(
  host: Host,
  from: VfsPath,
  to: VfsPath,
  { replace }: RenameOptions,
): Promise<void> {
  checkRenamePaths(from, to);
  await changing(host, from, async (source) => {
    const moved = await look(host, source);
    await changing(host, to, async (target) => {
      const met = await unlessMissing(look(host, target));
      const [one, other] = renameEnds(moved, met);
      // The kernel knows best whether a directory is empty.
      const what = renameCase(from, to, replace, one, other, () => true);
      if (what === 'nothing') return;
      if (replace || moved.isDirectory()) await fs.rename(source, target).catch(notEmpty);
      else await moveWithoutReplacing(host, source, target);
    });
  });
}

/** Compared by the host's own numbers, which may not fit ours. */
function renameEnds(
  source: BigIntStats,
  target: BigIntStats | undefined,
): [RenameEnd, RenameEnd | undefined] {
  const end = (inode: number, stats: BigIntStats): RenameEnd => ({
    inode,
    type: typeOf(stats) ?? 'file',
  });
  if (target === undefined) return [end(0, source), undefined];
  return [end(0, source), end(keyOf(source) === keyOf(target) ? 0 : 1, target)];
}

/** POSIX lets rename(2) say this in either way. */
function notEmpty(error: unknown): never {
  throw hasCode(error, 'EEXIST') ? new VfsError('ENOTEMPTY') : error;
}

/**
 * A file that another program of the host makes under the new name in this very moment is not replaced: link(2) refuses.
 * Where files have one name only, there is no better way than to rename a file to the name that was free a moment ago.
 */
async function moveWithoutReplacing(host: Host, source: Buffer, target: Buffer): Promise<void> {
  if (!host.capabilities.hardLinks) return fs.rename(source, target);
  try {
    await fs.link(source, target);
  } catch (error) {
    // fs.protected_hardlinks: EPERM for the files of others.
    if (hasCode(error, 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP')) return fs.rename(source, target);
    throw error;
  }
  await fs.unlink(source).catch(async (error: unknown) => {
    await fs.unlink(target).catch(() => undefined);
    throw error;
  });
}
