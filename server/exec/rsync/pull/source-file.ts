import type { CallContext, Handle, VfsBackend } from '../../../../vfs/backend.ts';
import type { VfsPath } from '../../../../vfs/path.ts';

/** Bytes read at once. */
const PIECE = 512 * 1024;
/** Bytes of memory for a window: what is kept of the one before, which is some blocks, and what is read. */
const MEMORY_BYTES = 2 * PIECE;
const EMPTY = new Uint8Array(0);

/** A file that is sent, as a window that moves over it. One that has become shorter goes on as zeros. */
export class SourceFile {
  readonly #mount: VfsBackend;
  readonly #ctx: CallContext;
  readonly #handle: Handle;
  readonly size: number;
  /** Windows are parts of it wherever they fit. */
  readonly #memory: Uint8Array;
  #window: Uint8Array = EMPTY;
  #start = 0;
  /** Some of it could not be read. */
  damaged: unknown;

  private constructor(mount: VfsBackend, ctx: CallContext, handle: Handle, size: number) {
    this.#mount = mount;
    this.#ctx = ctx;
    this.#handle = handle;
    this.size = size;
    this.#memory = Buffer.allocUnsafeSlow(Math.min(size, MEMORY_BYTES));
  }

  static async open(mount: VfsBackend, path: VfsPath, ctx: CallContext): Promise<SourceFile> {
    const handle = await mount.open(path, { access: 'r' }, 0, ctx);
    try {
      const { size } = await mount.fstat(handle, ctx);
      return new SourceFile(mount, ctx, handle, size);
    } catch (error) {
      await mount.close(handle, {});
      throw error;
    }
  }

  /** The bytes from `start` on, at least up to `end`; both are within the file. Good until the next call. */
  async window(start: number, end: number): Promise<Uint8Array> {
    const have = this.#start + this.#window.length;
    if (start >= this.#start && end <= have) return this.#window.subarray(start - this.#start);
    const isKept = start >= this.#start && start < have;
    const kept = isKept ? this.#window.subarray(start - this.#start) : EMPTY;
    const from = start + kept.length;
    const length = Math.min(this.size - from, Math.max(end - from, PIECE));
    this.#window = await this.#append(kept, from, length);
    this.#start = start;
    return this.#window;
  }

  close(): Promise<void> {
    return this.#mount.close(this.#handle, {});
  }

  /** What is kept, and behind it what the file has there. */
  async #append(kept: Uint8Array, at: number, length: number): Promise<Uint8Array> {
    const whole = kept.length + length;
    const window = whole <= this.#memory.length ? this.#memory.subarray(0, whole) : new Uint8Array(whole);
    window.set(kept);
    await this.#read(at, window.subarray(kept.length));
    return window;
  }

  async #read(at: number, into: Uint8Array): Promise<void> {
    let read = 0;
    try {
      const bytes = await this.#mount.read(this.#handle, at, into.length, { ...this.#ctx, into });
      read = bytes.length;
      if (bytes.buffer !== into.buffer || bytes.byteOffset !== into.byteOffset) into.set(bytes);
      if (read < into.length) this.damaged ??= true;
    } catch (error) {
      this.damaged = error;
    }
    into.fill(0, read);
  }
}
