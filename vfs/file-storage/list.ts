import type { CallContext, VfsBackend } from '../backend.ts';
import type { VfsPath } from '../path.ts';
import type { DirectoryEntry } from '../stats.ts';
import { childOf, entriesOf } from '../extensions/entries.ts';

/** An entry below the directory that was listed. */
export interface Listed {
  readonly entry: DirectoryEntry;
  /** The directories between the listed one and the entry, with a `/` after each; empty for its own entries. */
  readonly prefix: string;
}

/** All entries, of any depth where `recursive`, a directory before what it holds; symlinks are not followed. */
export async function* entriesBelow(
  backend: VfsBackend,
  path: VfsPath,
  recursive: boolean,
  ctx: CallContext,
  prefix = '',
): AsyncGenerator<Listed> {
  for await (const entry of entriesOf(backend, path, ctx)) {
    yield { entry, prefix };
    if (!recursive || entry.stats.type !== 'directory') continue;
    yield* entriesBelow(backend, childOf(path, entry.name), recursive, ctx, `${prefix}${entry.name}/`);
  }
}
