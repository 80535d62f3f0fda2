import type { CallContext, Handle, LockRequest, VfsBackend } from '../backend.ts';
import { isVfsError } from '../errors.ts';
import type { StatsChange } from '../stats.ts';
import { bytesOf, piecesOf, type Content, type FileData } from './data.ts';
import { decode, type Encoding } from './encodings.ts';
import { readToEnd, writeAll } from './file-content.ts';
import { statsFor, type BigFileStats, type FileStats, type StatOptions } from './file-stats.ts';
import { sinkOf, sourceOf, type ReadStreamOptions, type WriteStreamOptions } from './file-streams.ts';
import { modeOf, type Mode } from './modes.ts';
import { optionsOf } from './options.ts';
import { rangeOf, type Position, type RangeOptions, type ReadOptions } from './ranges.ts';
import type { Platform, PlatformFunctions } from './platform.ts';
import { naming } from './storage-error.ts';
import { linesOf, type LineOptions } from './lines.ts';
import { timestampOf, type TimeLike } from './times.ts';
import { webPlatform, type WebPlatform } from './web-platform.ts';

/** What a storage gives its handles. */
export interface OpenedFile<P extends Platform> {
  readonly backend: VfsBackend;
  readonly handle: Handle;
  /** As the caller wrote it: errors name it. */
  readonly path: string;
  /** Every write goes to the end. */
  readonly append: boolean;
  readonly context: CallContext;
  readonly platform: PlatformFunctions<P>;
}

interface ReadWholeOptions<E extends Encoding | null | undefined = Encoding | null | undefined> {
  readonly encoding?: E;
  readonly signal?: AbortSignal | undefined;
}

/** What to lock. */
export interface LockOptions {
  /** Shared locks go together and need a file that can be read; exclusive ones (default) one that can be written. */
  readonly kind?: 'shared' | 'exclusive' | undefined;
  /** The first byte. Default: 0. */
  readonly start?: number | undefined;
  /** Bytes. Default: `Infinity`, to the end of the file however it grows. */
  readonly length?: number | undefined;
  /** Locks of one owner never conflict. Default: this open file. */
  readonly owner?: string | undefined;
}

const BUFFER_SIZE = 16_384;

/** An open file in the shape of `fs.promises.FileHandle`. */
export class FileHandle<P extends Platform = WebPlatform> {
  readonly #file: OpenedFile<P>;
  #position = 0;
  /** The last call that uses the position: such calls go one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** Locks of two open files conflict, though both be ours. */
  #lockOwner: string | undefined;

  constructor(file: OpenedFile<P>) {
    this.#file = file;
  }

  /** A number that stands for the handle, -1 once it is closed. */
  get fd(): number {
    return this.#closed ? -1 : this.#file.handle;
  }

  read<B extends ArrayBufferView = P['bytes']>(
    options?: ReadOptions<B>,
  ): Promise<{ bytesRead: number; buffer: B }>;
  read<B extends ArrayBufferView>(
    buffer: B,
    offset?: number | null,
    length?: number | null,
    position?: Position,
  ): Promise<{ bytesRead: number; buffer: B }>;
  read<B extends ArrayBufferView>(
    buffer: B,
    options?: RangeOptions,
  ): Promise<{ bytesRead: number; buffer: B }>;
  /** Reads into a buffer; without a position, or with `null` or -1, on from where the last such call ended. */
  async read<B extends ArrayBufferView>(
    given: B | ReadOptions<B> = {},
    second?: number | null | RangeOptions,
    length?: number | null,
    position?: Position,
  ): Promise<{ bytesRead: number; buffer: B }> {
    return this.#named(undefined, async () => {
      const range = rangeOf(given, second, length, position, () => this.#newBuffer() as unknown as B);
      const bytes = await this.#placed(range.position, (at) => this.#read(at, range.part.length));
      range.part.set(bytes);
      return { bytesRead: bytes.length, buffer: range.buffer };
    });
  }

  /** Fills one buffer after the other. */
  async readv<B extends readonly ArrayBufferView[]>(
    buffers: B,
    position?: number | null,
  ): Promise<{ bytesRead: number; buffers: B }> {
    return this.#named(undefined, async () => {
      const parts = buffers.map((buffer) => bytesOf(buffer));
      const wanted = parts.reduce((total, { length }) => total + length, 0);
      const bytes = await this.#placed(position, (at) => this.#read(at, wanted));
      let taken = 0;
      for (const part of parts) {
        const piece = bytes.subarray(taken, taken + part.length);
        part.set(piece);
        taken += piece.length;
      }
      return { bytesRead: bytes.length, buffers };
    });
  }

  write(
    data: string,
    position?: number | null,
    encoding?: Encoding | null,
  ): Promise<{ bytesWritten: number; buffer: string }>;
  write<B extends ArrayBufferView>(
    data: B,
    offset?: number | null,
    length?: number | null,
    position?: number | null,
  ): Promise<{ bytesWritten: number; buffer: B }>;
  write<B extends ArrayBufferView>(
    data: B,
    options?: RangeOptions,
  ): Promise<{ bytesWritten: number; buffer: B }>;
  /** Writes all it is given. */
  async write(
    data: Content,
    second?: number | null | RangeOptions,
    third?: number | Encoding | null,
    fourth?: number | null,
  ): Promise<{ bytesWritten: number; buffer: Content }> {
    return this.#named(undefined, async () => {
      if (typeof data === 'string') {
        const bytes = bytesOf(data, third as Encoding | null | undefined);
        await this.#placed(second as number | null | undefined, (at) => this.#write(at, bytes));
        return { bytesWritten: bytes.length, buffer: data };
      }
      const { part, position } = rangeOf(data, second, third as number | null | undefined, fourth);
      await this.#placed(position, (at) => this.#write(at, part));
      return { bytesWritten: part.length, buffer: data };
    });
  }

  /** Writes one buffer after the other. */
  async writev<B extends readonly ArrayBufferView[]>(
    buffers: B,
    position?: number | null,
  ): Promise<{ bytesWritten: number; buffers: B }> {
    return this.#named(undefined, async () => {
      const parts = buffers.map((buffer) => bytesOf(buffer));
      const written = await this.#placed(position, async (at) => {
        let length = 0;
        for (const part of parts) length += (await this.#write(at + length, part)).length;
        return { length };
      });
      return { bytesWritten: written.length, buffers };
    });
  }

  readFile(options?: null | ReadWholeOptions<null | undefined>): Promise<P['bytes']>;
  readFile(options: Encoding | ReadWholeOptions<Encoding>): Promise<string>;
  readFile(options?: Encoding | null | ReadWholeOptions): Promise<string | P['bytes']>;
  /** Reads from the position to the end. */
  async readFile(options?: Encoding | null | ReadWholeOptions): Promise<string | P['bytes']> {
    const { encoding, signal }: ReadWholeOptions = optionsOf(options);
    const { backend, handle, context, platform } = this.#file;
    const bytes = await this.#named(
      undefined,
      () => this.#placed(null, (at) => readToEnd(backend, handle, at, { ...context, signal })),
      signal,
    );
    return encoding === null || encoding === undefined ? platform.bytes(bytes) : decode(bytes, encoding);
  }

  /** Writes from the position on, and cuts nothing off. */
  async writeFile(data: FileData, options?: Encoding | null | ReadWholeOptions): Promise<void> {
    const { encoding, signal }: ReadWholeOptions = optionsOf(options);
    const writeAllOf = async (): Promise<void> => {
      for await (const piece of piecesOf(data, encoding)) {
        await this.#placed(null, (at) => this.#write(at, piece, signal));
      }
    };
    await this.#named(undefined, writeAllOf, signal);
  }

  /** As `writeFile`: whether it appends was said when the file was opened. */
  appendFile(data: FileData, options?: Encoding | null | ReadWholeOptions): Promise<void> {
    return this.writeFile(data, options);
  }

  /** Its lines without their ends; closes the file after the last one, or when the loop is left. */
  readLines(options: LineOptions = {}): AsyncGenerator<string, void, undefined> {
    return linesOf(
      sourceOf(this.#file.path, () => Promise.resolve(this), options),
      options,
    );
  }

  /** What the platform's streams of bytes are, from `start` or where the file stands. */
  createReadStream(options: ReadStreamOptions = {}): P['readable'] {
    const { path, platform } = this.#file;
    return platform.readable(
      sourceOf(path, () => Promise.resolve(this), options),
      options,
    );
  }

  /** A web stream from where the file stands, on every platform; the file stays open unless `autoClose` says otherwise. */
  readableWebStream({
    autoClose = false,
  }: Pick<ReadStreamOptions, 'autoClose'> = {}): WebPlatform['readable'] {
    const source = sourceOf(this.#file.path, () => Promise.resolve(this), { autoClose });
    return webPlatform.readable(source, {});
  }

  createWriteStream(options: WriteStreamOptions = {}): P['writable'] {
    const { path, platform } = this.#file;
    return platform.writable(
      sinkOf(path, () => Promise.resolve(this), options),
      options,
    );
  }

  stat(options?: StatOptions & { readonly bigint?: false | undefined }): Promise<FileStats>;
  stat(options: StatOptions & { readonly bigint: true }): Promise<BigFileStats>;
  stat(options?: StatOptions): Promise<FileStats | BigFileStats> {
    const { backend, handle, context } = this.#file;
    return this.#named('fstat', async () => statsFor(await backend.fstat(handle, context), options));
  }

  truncate(length: number | null = 0): Promise<void> {
    return this.#change('ftruncate', () => ({ size: Math.max(0, length ?? 0) }));
  }

  chmod(mode: Mode): Promise<void> {
    return this.#change('fchmod', () => ({ mode: modeOf(mode) }));
  }

  chown(uid: number, gid: number): Promise<void> {
    return this.#change('fchown', () => ({ uid, gid }));
  }

  utimes(atime: TimeLike, mtime: TimeLike): Promise<void> {
    return this.#change('futime', () => ({ atime: timestampOf(atime), mtime: timestampOf(mtime) }));
  }

  sync(): Promise<void> {
    const { backend, handle, context } = this.#file;
    return this.#named('fsync', () => backend.fsync(handle, context));
  }

  datasync(): Promise<void> {
    const { backend, handle, context } = this.#file;
    return this.#named('fdatasync', () => backend.fsync(handle, context));
  }

  /** Locks a range for those who ask for locks, and waits until it is free. `EDEADLK`, `ENOLCK`; `ENOTSUP` where a storage has none. */
  lock({
    signal,
    ...range
  }: LockOptions & { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { backend, handle, context } = this.#file;
    const ctx = signal === undefined ? context : { ...context, signal };
    return this.#named(undefined, () => backend.lock(handle, this.#request(range), ctx), signal);
  }

  /** As `lock`, without waiting: false where somebody else has a lock in the way. */
  async tryLock(range: LockOptions = {}): Promise<boolean> {
    const { backend, handle, context } = this.#file;
    try {
      await this.#named(undefined, () => backend.tryLock(handle, this.#request(range), context));
      return true;
    } catch (error) {
      if (isVfsError(error, 'EAGAIN')) return false;
      throw error;
    }
  }

  /** Frees a range, or what of it is locked. Closing the file frees what was locked through it. */
  unlock(range: Omit<LockOptions, 'kind'> = {}): Promise<void> {
    const { backend, handle, context } = this.#file;
    return this.#named(undefined, () => backend.unlock(handle, this.#request(range), context));
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

  #request({ kind = 'exclusive', start = 0, length = Infinity, owner }: LockOptions): LockRequest {
    return { kind, start, length, owner: owner ?? (this.#lockOwner ??= crypto.randomUUID()) };
  }

  #newBuffer(): P['bytes'] {
    return this.#file.platform.bytes(new Uint8Array(BUFFER_SIZE));
  }

  #read(position: number, length: number): Promise<Uint8Array> {
    const { backend, handle, context } = this.#file;
    return backend.read(handle, position, length, context);
  }

  async #write(position: number, bytes: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    const { backend, handle, append, context } = this.#file;
    const ctx = signal === undefined ? context : { ...context, signal };
    await writeAll(backend, handle, append ? 'end' : position, bytes, ctx);
    return bytes;
  }

  #change(syscall: string, change: () => StatsChange): Promise<void> {
    const { backend, handle, context } = this.#file;
    return this.#named(syscall, () => backend.fsetstat(handle, change(), context));
  }

  /** Runs at a position that is given, or in turn at the handle's own, which then moves by the bytes that it gave. */
  #placed<R extends { readonly length: number }>(
    position: Position | undefined,
    act: (at: number) => Promise<R>,
  ): Promise<R> {
    const own = position === null || position === undefined || Number(position) === -1;
    if (!own) return act(Number(position));
    const done = this.#turn.then(async () => {
      const moved = await act(this.#position);
      this.#position += moved.length;
      return moved;
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #named<T>(syscall: string | undefined, act: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return naming({ syscall, path: this.#file.path, signal }, act);
  }
}
