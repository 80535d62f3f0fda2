import type { CallContext, Handle, VfsBackend } from '../../../../vfs/backend.ts';
import type { VfsPath } from '../../../../vfs/path.ts';

/** Bytes read at once. */
const PIECE = 512 * 1024;
const EMPTY = new Uint8Array(0);

/** A file that is sent, as a window that moves over it. One that has become shorter goes on as zeros. */
export class SourceFile {
  readonly #mount: VfsBackend;
  readonly #ctx: CallContext;
  readonly #handle: Handle;
  readonly size: number;
  #window: Uint8Array = EMPTY;
  #start = 0;
  /** Some of it could not be read. */
  damaged: unknown;

  private constructor(mount: VfsBackend, ctx: CallContext, handle: Handle, size: number) {
    this.#mount = mount;
    this.#ctx = ctx;
    this.#handle = handle;
    this.size = size;
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
    const more = await this.#read(from, length);
    this.#window = kept.length === 0 ? more : Buffer.concat([kept, more]);
    this.#start = start;
    return this.#window;
  }

  close(): Promise<void> {
    return this.#mount.close(this.#handle, {});
  }

  async #read(at: number, length: number): Promise<Uint8Array> {
    try {
      const bytes = await this.#mount.read(this.#handle, at, length, this.#ctx);
      if (bytes.length === length) return bytes;
      this.damaged ??= true;
      return Buffer.concat([bytes], length);
    } catch (error) {
      this.damaged = error;
      return new Uint8Array(length);
    }
  }
}
