import { isZero } from '../backends/shared/zeros.ts';
import type { SinkContent, SourceContent, TreeEntry, TreeSink, TreeSource } from './tree.ts';

/** What a transfer has done so far. */
export interface TransferCounts {
  files: number;
  directories: number;
  symlinks: number;
  bytes: number;
  /** Devices, sockets and pipes, which a storage cannot hold, and what was excluded. */
  skipped: number;
}

export interface TransferOptions {
  /** Ends the transfer after the step that is under way: what was copied by then stays. */
  readonly signal?: AbortSignal | undefined;
  /** Told after each step; `path` is what is being worked on. */
  readonly onProgress?: ((counts: Readonly<TransferCounts>, path: string) => void) | undefined;
  /** Told of what is left out, and why. */
  readonly onSkip?: ((path: string, reason: string) => void) | undefined;
}

/** Bytes moved at a time; a multiple of a storage's chunk, so that a hole stays one. */
const BLOCK = 128 * 1024;

interface Transfer<S, T> {
  readonly source: TreeSource<S>;
  readonly sink: TreeSink<T>;
  readonly options: TransferOptions;
  readonly counts: TransferCounts;
  /** Where the first name of each file with several names went. */
  readonly links: Map<string, T>;
}

/**
 * Copies what is at a place of one tree to a place of another: with modes, times, symlinks as they are, names of one
 * file as names of one file, and holes. Directories that are there are filled up, files and symlinks replaced, each in
 * one step. Stops at the first thing that cannot be copied.
 */
export async function transfer<S, T>(
  source: TreeSource<S>,
  from: S,
  sink: TreeSink<T>,
  to: T,
  options: TransferOptions,
): Promise<TransferCounts> {
  const counts = { files: 0, directories: 0, symlinks: 0, bytes: 0, skipped: 0 };
  const run: Transfer<S, T> = { source, sink, options, counts, links: new Map() };
  await copyEntry(run, from, await source.look(from), to);
  return counts;
}

async function copyEntry<S, T>(run: Transfer<S, T>, from: S, entry: TreeEntry, to: T): Promise<void> {
  const { source, sink, options, counts } = run;
  options.signal?.throwIfAborted();
  options.onProgress?.(counts, sink.textOf(to));
  const reason = reasonToSkip(run, entry);
  if (reason !== undefined) {
    counts.skipped += 1;
    options.onSkip?.(source.textOf(from), reason);
  } else if (entry.type === 'directory') await copyDirectory(run, from, entry, to);
  else if (entry.type === 'symlink') await copySymlink(run, from, entry, to);
  else await copyFile(run, from, entry, to);
}

function reasonToSkip<S, T>({ sink }: Transfer<S, T>, { type, skipped }: TreeEntry): string | undefined {
  if (skipped !== undefined) return skipped;
  if (type === undefined) return 'is no file, directory or symlink';
  return type === 'symlink' && !sink.symlinks ? 'is a symlink, which the target cannot hold' : undefined;
}

async function copyDirectory<S, T>(run: Transfer<S, T>, from: S, entry: TreeEntry, to: T): Promise<void> {
  const { source, sink, counts } = run;
  await sink.directory(to);
  for await (const child of source.children(from)) {
    await copyEntry(run, child.place, child.entry, sink.childOf(to, child.name));
  }
  await copyXattrs(run, from, to);
  // Last, since what is made in a directory moves its times, and its mode may forbid to make it.
  await sink.keep(to, 'directory', entry.kept);
  counts.directories += 1;
}

/** Where both trees have some. */
async function copyXattrs<S, T>({ source, sink }: Transfer<S, T>, from: S, to: T): Promise<void> {
  if (source.xattrs === undefined || sink.setXattrs === undefined) return;
  const xattrs = await source.xattrs(from);
  if (xattrs.length > 0) await sink.setXattrs(to, xattrs);
}

async function copySymlink<S, T>(run: Transfer<S, T>, from: S, entry: TreeEntry, to: T): Promise<void> {
  const { source, sink, counts } = run;
  const target = await source.target(from);
  await sink.replace(to, async (draft) => {
    await sink.symlink(target, draft);
    await sink.keep(draft, 'symlink', entry.kept);
  });
  counts.symlinks += 1;
}

async function copyFile<S, T>(run: Transfer<S, T>, from: S, entry: TreeEntry, to: T): Promise<void> {
  const { sink, counts, links } = run;
  const identity = sink.hardLinks ? entry.identity : undefined;
  const first = identity === undefined ? undefined : links.get(identity);
  await sink.replace(to, async (draft) => {
    if (first !== undefined) await sink.link(first, draft);
    else await copyContent(run, from, entry, draft, to);
  });
  if (identity !== undefined) links.set(identity, first ?? to);
  counts.files += 1;
}

async function copyContent<S, T>(
  run: Transfer<S, T>,
  from: S,
  { kept }: TreeEntry,
  draft: T,
  to: T,
): Promise<void> {
  const input = await run.source.open(from);
  try {
    const output = await run.sink.create(draft);
    try {
      await copyXattrs(run, from, draft);
      const size = (await copyWhole(run, input, output)) ?? (await copyBlocks(run, input, output, to));
      await output.finish(size, kept);
    } finally {
      await output.close();
    }
  } finally {
    await input.close();
  }
}

async function copyWhole<S, T>(
  { counts }: Transfer<S, T>,
  input: SourceContent,
  output: SinkContent,
): Promise<number | undefined> {
  const copied = await output.copyFrom?.(input);
  counts.bytes += copied ?? 0;
  return copied;
}

async function copyBlocks<S, T>(
  { sink, options, counts }: Transfer<S, T>,
  input: SourceContent,
  output: SinkContent,
  to: T,
): Promise<number> {
  for (let position = 0; ;) {
    options.signal?.throwIfAborted();
    const block = await input.read(position, BLOCK);
    if (!isZero(block)) await output.write(position, block);
    position += block.length;
    counts.bytes += block.length;
    options.onProgress?.(counts, sink.textOf(to));
    if (block.length < BLOCK) return position;
  }
}
