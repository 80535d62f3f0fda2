import type { CallContext, Handle, OpName, VfsBackend } from '../backend.ts';
import { namedError } from '../backends/shared/named-error.ts';
import { VfsError } from '../errors.ts';
import type { StatsChange } from '../stats.ts';
import { decode, encode, type Encoding } from './encodings.ts';
import { readToEnd, writeAll } from './file-content.ts';
import { fileStats, type FileStats } from './file-stats.ts';
import { timestampOf, type TimeLike } from './times.ts';

/** What a handle reads into and from where; as `filehandle.read` of Node. */
export interface ReadOptions<B extends Uint8Array = Uint8Array> {
  readonly buffer?: B | undefined;
  readonly offset?: number | null | undefined;
  readonly length?: number | null | undefined;
  /** `null`: where the last reading or writing without a position ended. */
  readonly position?: number | null | undefined;
}

/** What a storage gives its handles. */
export interface OpenedFile {
  readonly backend: VfsBackend;
  readonly handle: Handle;
  /** As it was opened: errors name it. */
  readonly path: string;
  /** Every write goes to the end. */
  readonly append: boolean;
  readonly context: CallContext;
}

const BUFFER_SIZE = 16_384;

/** An open file in the shape of `fs.promises.FileHandle`. */
export class FileHandle {
  readonly #file: OpenedFile;
  #position = 0;
  /** The last call that uses the position: such calls go one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(file: OpenedFile) {
    this.#file = file;
  }

  /** A number that stands for the handle, -1 once it is closed. */
  get fd(): number {
    return this.#closed ? -1 : this.#file.handle;
  }

  /** Reads into a buffer: `read(buffer, offset, length, position)` or `read({ buffer, … })`. */
  async read<B extends Uint8Array>(
    given: B | ReadOptions<B> = {},
    offset?: number | null,
    length?: number | null,
    position?: number | null,
  ): Promise<{ bytesRead: number; buffer: B }> {
    const options = given instanceof Uint8Array ? { buffer: given, offset, length, position } : given;
    const buffer = (options.buffer ?? new Uint8Array(BUFFER_SIZE)) as B;
    const start = options.offset ?? 0;
    const wanted = options.length ?? buffer.length - start;
    checkPart(buffer, start, wanted);
    const bytes = await this.#placed('read', options.position, (at) => this.#read(at, wanted));
    buffer.set(bytes, start);
    return { bytesRead: bytes.length, buffer };
  }

  write(
    data: string,
    position?: number | null,
    encoding?: Encoding,
  ): Promise<{ bytesWritten: number; buffer: string }>;
  write<B extends Uint8Array>(
    data: B,
    offset?: number | null,
    length?: number | null,
    position?: number | null,
  ): Promise<{ bytesWritten: number; buffer: B }>;
  /** Writes all it is given: `write(bytes, offset, length, position)` or `write(text, position, encoding)`. */
  async write(
    data: string | Uint8Array,
    second?: number | null,
    third?: number | Encoding | null,
    fourth?: number | null,
  ): Promise<{ bytesWritten: number; buffer: string | Uint8Array }> {
    const isText = typeof data === 'string';
    const bytes = isText
      ? encode(data, third as Encoding | undefined)
      : partOf(data, second, third as number | null);
    await this.#placed('write', isText ? second : fourth, (at) => this.#write(at, bytes));
    return { bytesWritten: bytes.length, buffer: data };
  }

  readFile(options?: null | { readonly encoding?: null | undefined }): Promise<Uint8Array>;
  readFile(options: Encoding | { readonly encoding: Encoding }): Promise<string>;
  /** Reads from the position to the end. */
  async readFile(
    options?: Encoding | null | { readonly encoding?: Encoding | null | undefined },
  ): Promise<string | Uint8Array> {
    const { backend, handle, context } = this.#file;
    const bytes = await this.#placed('read', null, (at) => readToEnd(backend, handle, at, context));
    return decode(bytes, typeof options === 'string' ? options : options?.encoding);
  }

  /** Writes from the position on, and cuts nothing off. */
  async writeFile(
    data: string | Uint8Array,
    options?: Encoding | { readonly encoding?: Encoding | undefined },
  ): Promise<void> {
    const bytes = encode(data, typeof options === 'string' ? options : options?.encoding);
    await this.#placed('write', null, (at) => this.#write(at, bytes));
  }

  /** As `writeFile`: whether it appends was said when the file was opened. */
  appendFile(
    data: string | Uint8Array,
    options?: Encoding | { readonly encoding?: Encoding | undefined },
  ): Promise<void> {
    return this.writeFile(data, options);
  }

  stat(): Promise<FileStats> {
    const { backend, handle, context } = this.#file;
    return this.#named('fstat', async () => fileStats(await backend.fstat(handle, context)));
  }

  truncate(length = 0): Promise<void> {
    return this.#change({ size: length });
  }

  chmod(mode: number): Promise<void> {
    return this.#change({ mode });
  }

  chown(uid: number, gid: number): Promise<void> {
    return this.#change({ uid, gid });
  }

  utimes(atime: TimeLike, mtime: TimeLike): Promise<void> {
    return this.#named('fsetstat', () =>
      this.#change({ atime: timestampOf(atime), mtime: timestampOf(mtime) }),
    );
  }

  sync(): Promise<void> {
    const { backend, handle, context } = this.#file;
    return this.#named('fsync', () => backend.fsync(handle, context));
  }

  datasync(): Promise<void> {
    return this.sync();
  }

  /** Fails where bytes that were written could not be kept. Again: nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const { backend, handle, context } = this.#file;
    await this.#turn;
    if (this.#closed) return;
    this.#closed = true;
    await this.#named('close', () => backend.close(handle, context));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #read(position: number, length: number): Promise<Uint8Array> {
    const { backend, handle, context } = this.#file;
    return backend.read(handle, position, length, context);
  }

  async #write(position: number, bytes: Uint8Array): Promise<Uint8Array> {
    const { backend, handle, append, context } = this.#file;
    await writeAll(backend, handle, append ? 'end' : position, bytes, context);
    return bytes;
  }

  #change(change: StatsChange): Promise<void> {
    const { backend, handle, context } = this.#file;
    return this.#named('fsetstat', () => backend.fsetstat(handle, change, context));
  }

  /** Runs at a position that is given, or in turn at the handle's own, which then moves by the bytes that it gave. */
  #placed(
    op: OpName,
    position: number | null | undefined,
    act: (at: number) => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    return this.#named(op, () => {
      const own = position === null || position === undefined || position === -1;
      if (!own) return act(position);
      const done = this.#turn.then(async () => {
        const bytes = await act(this.#position);
        this.#position += bytes.length;
        return bytes;
      });
      this.#turn = done.catch(() => undefined);
      return done;
    });
  }

  async #named<T>(op: OpName, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw namedError(error, op, this.#file.path);
    }
  }
}

function checkPart(buffer: Uint8Array, offset: number, length: number): void {
  const inside = Number.isInteger(offset) && Number.isInteger(length) && offset >= 0 && length >= 0;
  if (inside && offset + length <= buffer.length) return;
  throw new VfsError('EINVAL', { detail: 'offset and length are not within the buffer' });
}

function partOf(
  bytes: Uint8Array,
  offset: number | null | undefined,
  length: number | null | undefined,
): Uint8Array {
  const start = offset ?? 0;
  const count = length ?? bytes.length - start;
  checkPart(bytes, start, count);
  return bytes.subarray(start, start + count);
}
