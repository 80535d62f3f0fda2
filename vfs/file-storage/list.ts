import type { CallContext, VfsBackend } from '../backend.ts';
import type { VfsPath } from '../path.ts';
import type { DirectoryEntry } from '../stats.ts';
import { childOf } from './paths.ts';

const PAGE = 256;

/** An entry below the directory that was listed. */
export interface Listed {
  readonly entry: DirectoryEntry;
  /** The directories between the listed one and the entry, with a `/` after each; empty for its own entries. */
  readonly prefix: string;
}

/** All entries of a directory, a page at a time. */
export async function* entriesOf(
  backend: VfsBackend,
  path: VfsPath,
  ctx: CallContext,
): AsyncGenerator<DirectoryEntry> {
  for (let after: string | undefined; ;) {
    const page = await backend.readdir(path, { after, limit: PAGE }, ctx);
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.name;
  }
}

/** All entries at any depth, a directory before what it holds; symlinks are not followed. */
export async function* entriesBelow(
  backend: VfsBackend,
  path: VfsPath,
  ctx: CallContext,
  prefix = '',
): AsyncGenerator<Listed> {
  for await (const entry of entriesOf(backend, path, ctx)) {
    yield { entry, prefix };
    if (entry.stats.type !== 'directory') continue;
    yield* entriesBelow(backend, childOf(path, entry.name), ctx, `${prefix}${entry.name}/`);
  }
}
