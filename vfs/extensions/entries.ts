import type { CallContext, VfsBackend } from '../backend.ts';
import type { VfsPath } from '../path.ts';
import type { DirectoryEntry } from '../stats.ts';

const PAGE = 256;

/** All entries of a directory, a page at a time, so that memory stays flat however many there are. */
export async function* entriesOf(
  storage: VfsBackend,
  directory: VfsPath,
  ctx: CallContext = {},
): AsyncGenerator<DirectoryEntry> {
  for (let after: string | undefined; ;) {
    const page = await storage.readdir(directory, { after, limit: PAGE }, ctx);
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.name;
  }
}

/** `directory/name`, also for the text of a directory that ends with a slash. */
export function childOf(directory: VfsPath, name: string): VfsPath {
  return (directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`) as VfsPath;
}
