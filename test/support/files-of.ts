import type { CallContext, Handle, OpenFlags, VfsBackend } from '../../vfs/backend.ts';
import type { VfsPath } from '../../vfs/path.ts';

/** Limits so high that `statfs` tells what is used, whatever the host's disk has. */
const ENOUGH = { bytes: 2 ** 50, inodes: 2 ** 30 };

/** Short words for what a test does with the files of a backend. */
export interface Files {
  open(path: string, flags?: Partial<OpenFlags>, ctx?: CallContext): Promise<Handle>;
  write(handle: Handle, position: number | 'end', bytes: Uint8Array, ctx?: CallContext): Promise<void>;
  read(handle: Handle, position: number, length: number): Promise<Uint8Array>;
  close(handle: Handle): Promise<void>;
  /** Makes or replaces a file. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  get(path: string): Promise<Uint8Array>;
  /** Cuts a file, or lets it grow by a hole. */
  resize(path: string, size: number): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Bytes and inodes in use, as a quota counts them. */
  usage(): Promise<{ readonly used: number; readonly inodes: number }>;
}

export function filesOf(backend: VfsBackend): Files {
  const open: Files['open'] = (path, flags = {}, ctx = {}) =>
    backend.open(path as VfsPath, { access: 'rw', create: 'if-missing', ...flags }, 0o644, ctx);
  const files: Files = {
    open,
    write: (handle, position, bytes, ctx = {}) => backend.write(handle, position, bytes, ctx),
    read: (handle, position, length) => backend.read(handle, position, length, {}),
    close: (handle) => backend.close(handle, {}),
    async put(path, bytes) {
      const handle = await open(path, { truncate: true });
      try {
        await files.write(handle, 0, bytes);
      } finally {
        await files.close(handle);
      }
    },
    async get(path) {
      const handle = await open(path, { access: 'r', create: undefined });
      const { size } = await backend.fstat(handle, {});
      const bytes = await files.read(handle, 0, size);
      await files.close(handle);
      return bytes;
    },
    resize: (path, size) => backend.setstat(path as VfsPath, { size }, {}),
    unlink: (path) => backend.unlink(path as VfsPath, {}),
    async usage() {
      const state = await backend.statfs({ limits: ENOUGH });
      return { used: state.bytesTotal - state.bytesFree, inodes: state.inodesTotal - state.inodesFree };
    },
  };
  return files;
}
