import type { CallContext, Handle, VfsBackend } from '../../../../vfs/backend.ts';
import type { VfsPath } from '../../../../vfs/path.ts';

/** Bytes read ahead: blocks are mostly asked for in order. */
const PIECE = 256 * 1024;
const EMPTY = new Uint8Array(0);

/** The old content that blocks are copied from. */
export class BasisFile {
  readonly #mount: VfsBackend;
  readonly #handle: Handle;
  /** Reads into the same memory again and again. */
  readonly #ctx: CallContext;
  #window: Uint8Array = EMPTY;
  #at = 0;

  private constructor(mount: VfsBackend, ctx: CallContext, handle: Handle, length: number) {
    this.#mount = mount;
    this.#ctx = { ...ctx, into: Buffer.allocUnsafeSlow(Math.min(length, PIECE)) };
    this.#handle = handle;
  }

  /** `length`: bytes of it that blocks can be copied from. */
  static async open(mount: VfsBackend, path: VfsPath, length: number, ctx: CallContext): Promise<BasisFile> {
    return new BasisFile(mount, ctx, await mount.open(path, { access: 'r' }, 0, ctx), length);
  }

  /** Shorter where the file has become shorter. Good until the next call. */
  async read(at: number, length: number): Promise<Uint8Array> {
    const start = at - this.#at;
    if (start >= 0 && start + length <= this.#window.length)
      return this.#window.subarray(start, start + length);
    this.#window = await this.#mount.read(this.#handle, at, Math.max(length, PIECE), this.#ctx);
    this.#at = at;
    return this.#window.subarray(0, length);
  }

  /** What was read ahead may have been overwritten. */
  forget(): void {
    this.#window = EMPTY;
  }

  close(): Promise<void> {
    return this.#mount.close(this.#handle, {});
  }
}
