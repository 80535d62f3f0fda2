import type { VfsBackend } from '../../backend.ts';
import { entriesOf } from '../../extensions/entries.ts';
import { removeTree } from '../../extensions/remove-tree.ts';
import { join, ROOT } from '../../path.ts';
import { whileClosed } from './commit.ts';
import { userEntries } from './diff.ts';
import { HELD, toUpper } from './places.ts';

/**
 * Empties the upper store, so that the overlay shows what the lower one has. `EBUSY` while files are open; calls of others
 * wait. After a failure, or the end of the process, a part of the changes is gone, and another `discard` does the rest.
 */
export function discard(storage: VfsBackend): Promise<void> {
  return whileClosed(storage, async (store) => {
    const { upper, lower, origins, root } = store;
    for await (const { name } of userEntries(store, ROOT)) await removeTree(upper, toUpper(join(ROOT, name)));
    for await (const { name } of entriesOf(upper, HELD)) await upper.unlink(join(HELD, name), {});
    for (const origin of origins.all()) await origins.remove(origin);
    const { mode, uid, gid, atime, mtime, ctime } = await lower.lstat(ROOT, {});
    await upper.setstat(ROOT, { mode, uid, gid, atime, mtime }, {});
    root.times = { ctime };
  });
}
