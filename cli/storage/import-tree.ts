import { randomBytes } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, readdir, readlink, type FileHandle } from 'node:fs/promises';
import type { Handle, VfsBackend } from '../../vfs/backend.ts';
import { isVfsError } from '../../vfs/errors.ts';
import { decodeText } from '../../vfs/names.ts';
import { join, parentOf, type VfsPath } from '../../vfs/path.ts';
import type { StatsChange, Timestamp } from '../../vfs/stats.ts';
import { Failure } from '../failure.ts';
import { hostJoin, hostText } from './host-path.ts';
import { BLOCK, isHole, noCounts, type TransferCounts, type TransferOptions } from './transfer.ts';

const READ_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const NANOSECONDS = 1_000_000_000n;

interface Import {
  readonly storage: VfsBackend;
  readonly options: TransferOptions;
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
  options: TransferOptions,
): Promise<TransferCounts> {
  const run: Import = { storage, options, counts: noCounts(), links: new Map() };
  await importEntry(run, source, target);
  return run.counts;
}

async function importEntry(run: Import, source: Buffer, target: VfsPath): Promise<void> {
  run.options.signal.throwIfAborted();
  run.options.onProgress(run.counts, target);
  const stats = await lstat(source, { bigint: true });
  if (stats.isDirectory()) return importDirectory(run, source, target, stats);
  if (stats.isSymbolicLink()) return importSymlink(run, source, target, stats);
  if (stats.isFile()) return importFile(run, source, target, stats);
  run.counts.skipped += 1;
  return run.options.onSkip(`${hostText(source)} is no file, directory or symlink and is left out`);
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

async function importContent(
  run: Import,
  source: Buffer,
  target: VfsPath,
  stats: BigIntStats,
): Promise<void> {
  const { storage } = run;
  const input = await open(source, READ_ONLY);
  try {
    const current = await input.stat();
    if (!current.isFile()) throw new Failure(`${hostText(source)} was replaced while it was being read`);
    const handle = await storage.open(target, { access: 'w', create: 'exclusive' }, 0o600, {});
    try {
      await copyContent(run, input, handle, target);
      await storage.fsetstat(handle, attributesOf(stats), {});
    } finally {
      await storage.close(handle, {});
    }
  } finally {
    await input.close();
  }
}

async function copyContent(run: Import, input: FileHandle, handle: Handle, target: VfsPath): Promise<void> {
  const { storage, options, counts } = run;
  const buffer = Buffer.allocUnsafe(BLOCK);
  let position = 0;
  let written = 0;
  for (;;) {
    options.signal.throwIfAborted();
    const length = await readBlock(input, buffer, position);
    const block = buffer.subarray(0, length);
    if (length > 0 && !isHole(block)) {
      await storage.write(handle, position, block, {});
      written = position + length;
    }
    position += length;
    counts.bytes += length;
    options.onProgress(counts, target);
    if (length < BLOCK) break;
  }
  if (written < position) await storage.fsetstat(handle, { size: position }, {});
}

/** Fills the buffer; shorter only at the end of the file. */
async function readBlock(input: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await input.read(buffer, length, buffer.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

async function typeOf(storage: VfsBackend, path: VfsPath) {
  try {
    return (await storage.lstat(path, {})).type;
  } catch (error) {
    if (isVfsError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function attributesOf(stats: BigIntStats): StatsChange {
  return {
    mode: Number(stats.mode & 0o7777n),
    atime: timestamp(stats.atimeNs),
    mtime: timestamp(stats.mtimeNs),
  };
}

function timestamp(nanoseconds: bigint): Timestamp {
  const rest = ((nanoseconds % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  return { seconds: Number((nanoseconds - rest) / NANOSECONDS), nanoseconds: Number(rest) };
}
