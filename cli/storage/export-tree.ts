import { randomBytes } from 'node:crypto';
import { constants, type Stats as HostStats } from 'node:fs';
import {
  chmod,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  rename,
  rm,
  symlink,
  utimes,
  type FileHandle,
} from 'node:fs/promises';
import type { Handle, VfsBackend } from '../../vfs/backend.ts';
import { encodeText } from '../../vfs/names.ts';
import { join, type VfsPath } from '../../vfs/path.ts';
import { timestampToMilliseconds, type Stats } from '../../vfs/stats.ts';
import { Failure } from '../failure.ts';
import { hostJoin, hostName, hostText } from './host-path.ts';
import { BLOCK, isHole, noCounts, type TransferCounts, type TransferOptions } from './transfer.ts';
import { entriesOf } from './walk.ts';

const CREATE_NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

interface Export {
  readonly storage: VfsBackend;
  readonly options: TransferOptions;
  readonly counts: TransferCounts;
  /** Where the first name of each file with several names went, by inode. */
  readonly links: Map<number, Buffer>;
}

/**
 * Copies a file or a tree of a storage to `target` on the host, with permission bits, times to the microsecond, symlinks,
 * hard links and holes. Everything belongs to whoever runs it, and set-user-id bits are dropped: the storage's user
 * must not come to run programs as that person. Nothing is written through a symlink below `target`; directories
 * that are there are filled up, anything else is replaced, each file in one step. Stops at the first failure.
 */
export async function exportTree(
  storage: VfsBackend,
  source: VfsPath,
  target: Buffer,
  options: TransferOptions,
): Promise<TransferCounts> {
  const run: Export = { storage, options, counts: noCounts(), links: new Map() };
  await exportEntry(run, source, await storage.lstat(source, {}), target);
  return run.counts;
}

async function exportEntry(run: Export, source: VfsPath, stats: Stats, target: Buffer): Promise<void> {
  run.options.signal.throwIfAborted();
  run.options.onProgress(run.counts, source);
  if (stats.type === 'directory') return exportDirectory(run, source, stats, target);
  if (stats.type === 'symlink') return exportSymlink(run, source, stats, target);
  return exportFile(run, source, stats, target);
}

async function exportDirectory(run: Export, source: VfsPath, stats: Stats, target: Buffer): Promise<void> {
  const there = await hostStats(target);
  if (there !== undefined && !there.isDirectory()) {
    const what = there.isSymbolicLink()
      ? 'a symlink, which an export does not follow'
      : 'in the way of a directory';
    throw new Failure(`${hostText(target)} is ${what}; remove it, or export to another place`);
  }
  if (there === undefined) await mkdir(target, 0o700);
  for await (const { name, stats: child } of entriesOf(run.storage, source)) {
    await exportEntry(run, join(source, name), child, hostJoin(target, hostName(name)));
  }
  await chmod(target, stats.mode & 0o777);
  await utimes(target, seconds(stats.atime), seconds(stats.mtime));
  run.counts.directories += 1;
}

async function exportSymlink(run: Export, source: VfsPath, stats: Stats, target: Buffer): Promise<void> {
  const text = Buffer.from(encodeText(await run.storage.readlink(source, {})));
  await replacing(target, async (draft) => {
    await symlink(text, draft);
    await lutimes(draft, seconds(stats.atime), seconds(stats.mtime));
  });
  run.counts.symlinks += 1;
}

async function exportFile(run: Export, source: VfsPath, stats: Stats, target: Buffer): Promise<void> {
  const first = run.links.get(stats.inode);
  await replacing(target, async (draft) => {
    if (first !== undefined) await link(first, draft);
    else await exportContent(run, source, stats, draft);
  });
  if (stats.nlink > 1) run.links.set(stats.inode, first ?? target);
  run.counts.files += 1;
}

async function exportContent(run: Export, source: VfsPath, stats: Stats, draft: Buffer): Promise<void> {
  const handle = await run.storage.open(source, { access: 'r' }, 0, {});
  try {
    const output = await open(draft, CREATE_NEW, 0o600);
    try {
      await copyContent(run, handle, output, source);
      await output.chmod(stats.mode & 0o777);
      await output.utimes(seconds(stats.atime), seconds(stats.mtime));
    } finally {
      await output.close();
    }
  } finally {
    await run.storage.close(handle, {});
  }
}

async function copyContent(run: Export, handle: Handle, output: FileHandle, source: VfsPath): Promise<void> {
  const { storage, options, counts } = run;
  let position = 0;
  for (;;) {
    options.signal.throwIfAborted();
    const block = await storage.read(handle, position, BLOCK, {});
    if (!isHole(block)) await writeBlock(output, block, position);
    position += block.length;
    counts.bytes += block.length;
    options.onProgress(counts, source);
    if (block.length < BLOCK) break;
  }
  await output.truncate(position);
}

async function writeBlock(output: FileHandle, block: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < block.length) {
    const { bytesWritten } = await output.write(block, written, block.length - written, position + written);
    written += bytesWritten;
  }
}

/** Makes something under another name in the same directory, then puts it in the place of `target`, never of a directory. */
async function replacing(target: Buffer, make: (draft: Buffer) => Promise<void>): Promise<void> {
  const there = await hostStats(target);
  if (there?.isDirectory() === true) throw new Failure(`${hostText(target)} is a directory; remove it first`);
  const directory = target.subarray(0, target.lastIndexOf('/'));
  const draft = hostJoin(directory, Buffer.from(`.anyfs-export-${randomBytes(6).toString('hex')}`));
  try {
    await make(draft);
    await rename(draft, target);
  } finally {
    // Still there after a failure, and after a rename onto another name of the same file, which does nothing.
    await rm(draft, { force: true });
  }
}

async function hostStats(path: Buffer): Promise<HostStats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function seconds(time: Stats['mtime']): number {
  return timestampToMilliseconds(time) / 1000;
}
