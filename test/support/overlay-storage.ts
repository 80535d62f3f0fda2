import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import type { VfsBackend } from '../../vfs/backend.ts';
import { removeTree } from '../../vfs/extensions/remove-tree.ts';
import { unresolved, vfsPath, type VfsPath } from '../../vfs/path.ts';

/** Names that the suites use, and one that an overlay needs for itself. */
const NAMES = [
  'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'l', 'm', 'x', 'ä', 'new', 'dir', 'sub', 'source', 'target', 'd0', 'd1', 'd2', 'w0', 'w1',
  '.anyfs-overlay',
]; // prettier-ignore

/** A memory backend with a file or a directory by each of the names, some with several names. */
export async function filledMemory(): Promise<VfsBackend> {
  const backend = new MemoryBackend();
  for (const [index, name] of NAMES.entries()) await plant(backend, unresolved(`/${name}`), index);
  return backend;
}

async function plant(backend: VfsBackend, path: VfsPath, index: number): Promise<void> {
  const kinds = [
    () => putFile(backend, path, 200_000),
    () => plantDirectory(backend, path),
    () => backend.symlink('a', path, {}),
    () => backend.link(vfsPath('/a'), path, {}),
  ];
  await kinds[index % kinds.length]?.();
}

async function plantDirectory(backend: VfsBackend, path: VfsPath): Promise<void> {
  await backend.mkdir(path, 0o700, {});
  await putFile(backend, vfsPath(`${path}/a`), 10);
  await backend.mkdir(vfsPath(`${path}/b`), 0o755, {});
  await backend.symlink('../a', vfsPath(`${path}/x`), {});
}

export async function putFile(backend: VfsBackend, path: VfsPath, length: number): Promise<void> {
  const handle = await backend.open(path, { access: 'w', create: 'if-missing' }, 0o640, {});
  await backend.write(handle, 0, new Uint8Array(length).fill(7), {});
  await backend.close(handle, {});
}

/** Removes everything, so that what is below is hidden and not gone. */
export async function removeAll(backend: VfsBackend): Promise<void> {
  for (const { name } of await backend.readdir(vfsPath('/'), { limit: 1000 }, {}))
    await removeTree(backend, vfsPath(`/${name}`));
}
