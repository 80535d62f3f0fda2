import type { CallContext, VfsBackend } from '../backend.ts';
import { nameOf, type VfsPath } from '../path.ts';
import type { Stats } from '../stats.ts';
import { childOf, entriesOf } from './entries.ts';

export interface Walked {
  readonly path: VfsPath;
  readonly name: string;
  readonly stats: Stats;
}

export interface WalkOptions {
  /** Everything below too, a directory before what it holds. Default: true. */
  readonly recursive?: boolean | undefined;
}

/**
 * What a directory holds; for a path that is no directory, that alone. Symlinks below are not followed. Memory: a page
 * of entries for each level; what changes meanwhile is met as it then is, or not at all.
 */
export async function* walk(
  storage: VfsBackend,
  path: VfsPath,
  { recursive = true }: WalkOptions = {},
  ctx: CallContext = {},
): AsyncGenerator<Walked> {
  const stats = await storage.lstat(path, { ...ctx, follow: true });
  if (stats.type === 'directory') yield* below(storage, path, recursive, ctx);
  else yield { path, name: nameOf(path), stats };
}

async function* below(
  storage: VfsBackend,
  directory: VfsPath,
  recursive: boolean,
  ctx: CallContext,
): AsyncGenerator<Walked> {
  for await (const { name, stats } of entriesOf(storage, directory, ctx)) {
    const path = childOf(directory, name);
    yield { path, name, stats };
    if (recursive && stats.type === 'directory') yield* below(storage, path, recursive, ctx);
  }
}
