import { Readable, Writable } from 'node:stream';
import type { Handle, VfsBackend } from '../../../vfs/backend.ts';
import { VfsError } from '../../../vfs/errors.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import { pathFrom } from '../paths.ts';

/** Bytes in one call of the storage. */
const PIECE = 256 * 1024;

export interface FilesContext {
  readonly mount: VfsBackend;
  readonly cwd: VfsPath;
  readonly umask: number;
}

/** A file as a stream of bytes. */
export async function openToRead(name: string, { mount, cwd }: FilesContext): Promise<Readable> {
  const path = pathFrom(cwd, name, 'open');
  const handle = await named(name, () => mount.open(path, { access: 'r' }, 0, {}));
  let position = 0;
  return new Readable({
    highWaterMark: PIECE,
    read(): void {
      mount.read(handle, position, PIECE, {}).then(
        (bytes) => {
          position += bytes.length;
          this.push(bytes.length === 0 ? null : bytes);
        },
        (error: Error) => this.destroy(error),
      );
    },
    destroy: (error, finish) => closeHandle(mount, handle, error, finish),
  });
}

/** A file that is written from its beginning, or at its end; small writes that wait are gathered. */
export async function openToWrite(
  name: string,
  append: boolean,
  { mount, cwd, umask }: FilesContext,
): Promise<Writable> {
  const path = pathFrom(cwd, name, 'open');
  const flags = { access: 'w', create: 'if-missing', truncate: !append } as const;
  const handle = await named(name, () => mount.open(path, flags, 0o666 & ~umask, {}));
  let position = 0;
  const write = (bytes: Uint8Array, finish: (error?: Error | null) => void): void => {
    mount.write(handle, append ? 'end' : position, bytes, {}).then(
      () => {
        position += bytes.length;
        finish();
      },
      (error: Error) => finish(error),
    );
  };
  const stream = new Writable({
    highWaterMark: PIECE,
    write: (chunk: Buffer, _encoding, finish) => write(chunk, finish),
    writev: (chunks, finish) => write(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), finish),
    destroy: (error, finish) => closeHandle(mount, handle, error, finish),
  });
  // Told by `closed`; without a listener it would end the thread.
  stream.on('error', () => {});
  return stream;
}

/** The name as the person wrote it. */
async function named<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof VfsError)) throw error;
    throw new VfsError(error.code, { op: error.op, path: name, detail: error.detail, cause: error });
  }
}

function closeHandle(
  mount: VfsBackend,
  handle: Handle,
  error: Error | null,
  finish: (error?: Error | null) => void,
): void {
  mount.close(handle, {}).then(
    () => finish(error),
    (failure: Error) => finish(error ?? failure),
  );
}
