import { expect } from 'chai';
import type { VfsBackend } from '../../vfs/backend.ts';
import { join, ROOT, type VfsPath } from '../../vfs/path.ts';
import type { Stats } from '../../vfs/stats.ts';
import { filesOf } from './files-of.ts';

/** Everything below the root by path, the root left out. */
export async function treeOf(backend: VfsBackend): Promise<Map<VfsPath, Stats>> {
  const found = new Map<VfsPath, Stats>();
  const todo: VfsPath[] = [ROOT];
  for (let directory = todo.pop(); directory !== undefined; directory = todo.pop()) {
    for (const { name, stats } of await backend.readdir(directory, { limit: 100_000 }, {})) {
      const path = join(directory, name);
      found.set(path, stats);
      if (stats.type === 'directory') todo.push(path);
    }
  }
  return found;
}

/** Expects that the counters of the quota say what a walk of the tree finds. No file may be open without a name. */
export async function expectCountsRight(backend: VfsBackend): Promise<void> {
  const inodes = new Map<number, number>();
  for (const { inode, used } of (await treeOf(backend)).values()) inodes.set(inode, used);
  const used = [...inodes.values()].reduce((sum, bytes) => sum + bytes, 0);
  expect(await filesOf(backend).usage()).to.deep.equal({ used, inodes: inodes.size });
}
