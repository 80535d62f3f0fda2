import { randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import type { VfsBackend } from '../../vfs/backend.ts';
import { isVfsError } from '../../vfs/errors.ts';
import { decodeText } from '../../vfs/names.ts';
import { join, parentOf, type VfsPath } from '../../vfs/path.ts';
import { Failure } from '../failure.ts';
import { attributesOf } from './host-attributes.ts';
import { hostJoin, hostText } from './host-path.ts';
import { importContent } from './import-content.ts';
import { noCounts, type TransferCounts, type TransferOptions } from './transfer.ts';

export interface ImportOptions extends TransferOptions {
  /** Directories to leave out with all that is in them. */
  readonly isExcluded: (stats: BigIntStats) => boolean;
}

interface Import {
  readonly storage: VfsBackend;
  readonly options: ImportOptions;
  readonly counts: TransferCounts;
  /** The first path of each file with several names, by device and inode. */
  readonly links: Map<string, VfsPath>;
}

/**
 * Copies a file or a tree of the host to `target`, with modes, modification times, symlinks, hard links and holes.
 * Directories that are there are filled up, anything else is replaced, each file in one step. Stops at the first
 * thing that cannot be copied.
 */
export async function importTree(
  storage: VfsBackend,
  source: Buffer,
  target: VfsPath,
  options: ImportOptions,
): Promise<TransferCounts> {
  const run: Import = { storage, options, counts: noCounts(), links: new Map() };
  await importEntry(run, source, target);
  return run.counts;
}

async function importEntry(run: Import, source: Buffer, target: VfsPath): Promise<void> {
  run.options.signal.throwIfAborted();
  run.options.onProgress(run.counts, target);
  const stats = await lstat(source, { bigint: true });
  const reason = reasonToSkip(run, stats);
  if (reason !== undefined) return skip(run, `${hostText(source)} ${reason} and is left out`);
  if (stats.isDirectory()) return importDirectory(run, source, target, stats);
  if (stats.isSymbolicLink()) return importSymlink(run, source, target, stats);
  return importFile(run, source, target, stats);
}

function reasonToSkip({ options }: Import, stats: BigIntStats): string | undefined {
  if (stats.isDirectory()) return options.isExcluded(stats) ? 'is the data directory' : undefined;
  return stats.isFile() || stats.isSymbolicLink() ? undefined : 'is no file, directory or symlink';
}

function skip({ options, counts }: Import, line: string): void {
  counts.skipped += 1;
  options.onSkip(line);
}

async function importDirectory(
  run: Import,
  source: Buffer,
  target: VfsPath,
  stats: BigIntStats,
): Promise<void> {
  const { storage, counts } = run;
  const there = await typeOf(storage, target);
  if (there !== undefined && there !== 'directory') await storage.unlink(target, {});
  if (there !== 'directory') await storage.mkdir(target, 0o700, {});
  for (const name of await readdir(source, { encoding: 'buffer' })) {
    await importEntry(run, hostJoin(source, name), join(target, decodeText(name)));
  }
  await storage.setstat(target, attributesOf(stats), {});
  counts.directories += 1;
}

async function importSymlink(
  run: Import,
  source: Buffer,
  target: VfsPath,
  stats: BigIntStats,
): Promise<void> {
  const text = decodeText(await readlink(source, { encoding: 'buffer' }));
  await replacing(run.storage, target, async (draft) => {
    await run.storage.symlink(text, draft, {});
    // The mode of a symlink means nothing and cannot be set.
    await run.storage.setstat(draft, { ...attributesOf(stats), mode: undefined }, {});
  });
  run.counts.symlinks += 1;
}

async function importFile(run: Import, source: Buffer, target: VfsPath, stats: BigIntStats): Promise<void> {
  const identity = `${stats.dev}:${stats.ino}`;
  const first = run.links.get(identity);
  await replacing(run.storage, target, async (draft) => {
    if (first !== undefined) await run.storage.link(first, draft, {});
    else await importContent(run, source, draft, stats);
  });
  if (stats.nlink > 1n) run.links.set(identity, first ?? target);
  run.counts.files += 1;
}

/** Makes something under another name beside `target`, then puts it in its place, but never in that of a directory. */
async function replacing(
  storage: VfsBackend,
  target: VfsPath,
  make: (draft: VfsPath) => Promise<void>,
): Promise<void> {
  if ((await typeOf(storage, target)) === 'directory') {
    throw new Failure(`${target} is a directory in the storage; remove it first`);
  }
  const draft = join(parentOf(target), `.anyfs-import-${randomBytes(6).toString('hex')}`);
  try {
    await make(draft);
    await storage.rename(draft, target, { replace: true }, {});
  } finally {
    // Still there after a failure, and after a rename onto another name of the same file, which does nothing.
    if ((await typeOf(storage, draft)) !== undefined) await storage.unlink(draft, {});
  }
}

async function typeOf(storage: VfsBackend, path: VfsPath) {
  try {
    return (await storage.lstat(path, {})).type;
  } catch (error) {
    if (isVfsError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
