import type { VfsBackend } from '../../vfs/backend.ts';
import type { VfsPath } from '../../vfs/path.ts';

/** The content of a file of a storage. */
export async function readWholeFile(backend: VfsBackend, path: string): Promise<Uint8Array> {
  const handle = await backend.open(path as VfsPath, { access: 'r' }, 0, {});
  try {
    const { size } = await backend.fstat(handle, {});
    return await backend.read(handle, 0, size + 1, {});
  } finally {
    await backend.close(handle, {});
  }
}

/** Makes or replaces a file of a storage. */
export async function writeWholeFile(
  backend: VfsBackend,
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  const flags = { access: 'w', create: 'if-missing', truncate: true } as const;
  const handle = await backend.open(path as VfsPath, flags, 0o644, {});
  try {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    await backend.write(handle, 0, bytes, {});
  } finally {
    await backend.close(handle, {});
  }
}
