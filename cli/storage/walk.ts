import type { VfsBackend } from '../../vfs/backend.ts';
import { join, nameOf, type VfsPath } from '../../vfs/path.ts';
import type { DirectoryEntry, Stats } from '../../vfs/stats.ts';

const PAGE = 1000;

export interface Walked {
  readonly path: VfsPath;
  readonly name: string;
  readonly stats: Stats;
}

/** The entries of a directory, page by page. */
export async function* entriesOf(storage: VfsBackend, directory: VfsPath): AsyncGenerator<DirectoryEntry> {
  let after: string | undefined;
  for (;;) {
    const page = await storage.readdir(directory, { after, limit: PAGE }, {});
    yield* page;
    after = page.at(-1)?.name;
    if (page.length < PAGE) return;
  }
}

/** What a directory holds, with `recursive` everything below it too; for a path that is no directory, that alone. */
export async function* walk(storage: VfsBackend, path: VfsPath, recursive: boolean): AsyncGenerator<Walked> {
  const stats = await storage.lstat(path, { follow: true });
  if (stats.type === 'directory') yield* below(storage, path, recursive);
  else yield { path, name: nameOf(path), stats };
}

async function* below(storage: VfsBackend, directory: VfsPath, recursive: boolean): AsyncGenerator<Walked> {
  for await (const { name, stats } of entriesOf(storage, directory)) {
    const path = join(directory, name);
    yield { path, name, stats };
    if (recursive && stats.type === 'directory') yield* below(storage, path, recursive);
  }
}
