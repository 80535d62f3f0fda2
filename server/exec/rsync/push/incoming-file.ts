import type { CallContext, Handle, VfsBackend } from '../../../../vfs/backend.ts';
import { draftName } from '../../../../vfs/extensions/draft.ts';
import { join, parentOf, type VfsPath } from '../../../../vfs/path.ts';
import { SpareBuffers } from '../../../../vfs/spare-buffers.ts';
import type { StatsChange } from '../../../../vfs/stats.ts';

/** Bytes gathered before they are written: whole chunks of a store. */
const PIECE = 256 * 1024;
/** Most files are no larger; their buffers are used again. */
const SMALL = 16 * 1024;

const spare = new SpareBuffers(SMALL, 64);
const NOTHING = new Uint8Array(0);

export interface IncomingOptions {
  readonly mount: VfsBackend;
  readonly ctx: CallContext;
  readonly path: VfsPath;
  readonly mode: number;
  /** Told of bytes that the store has taken. */
  readonly onStored: (bytes: number) => void;
}

/**
 * The content of a file as it arrives: gathered in memory, then written beside its place. What is no longer than one
 * piece touches the storage only when it is whole.
 */
export class IncomingFile {
  readonly #options: IncomingOptions;
  #draft: VfsPath | undefined;
  #handle: Handle | undefined;
  readonly #inplace: boolean;
  #buffer: Uint8Array = NOTHING;
  #filled = 0;
  /** Where the gathered bytes go. */
  #at: number;

  private constructor(options: IncomingOptions, inplace: boolean, at: number) {
    this.#options = options;
    this.#inplace = inplace;
    this.#at = at;
  }

  /** Written beside and put in place when it is whole. */
  static beside(options: IncomingOptions): IncomingFile {
    return new IncomingFile(options, false, 0);
  }

  /** Written over the old content, from `at` on. */
  static async inPlace(options: IncomingOptions, at: number): Promise<IncomingFile> {
    const file = new IncomingFile(options, true, at);
    file.#handle = await options.mount.open(
      options.path,
      { access: 'rw', create: 'if-missing' },
      options.mode,
      options.ctx,
    );
    return file;
  }

  /** Bytes so far, gathered ones included; in place: where the next ones go. */
  get length(): number {
    return this.#at + this.#filled;
  }

  /** Nothing of it is in the storage yet. */
  get isInMemory(): boolean {
    return this.#handle === undefined;
  }

  /** Takes the bytes; answers a promise only where it has to be waited for. */
  append(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#filled + bytes.length > PIECE) return this.#appendLarge(bytes);
    this.#room(this.#filled + bytes.length);
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
    return undefined;
  }

  /** In place: the next bytes are there already. */
  async skip(length: number): Promise<void> {
    await this.#write();
    this.#at += length;
  }

  /** All is written and has its attributes; then it is put in place. `before`: what else it is to be given where it is meanwhile. */
  async finish(change: StatsChange, before?: (at: VfsPath) => Promise<void>): Promise<void> {
    const { mount, ctx, path } = this.#options;
    const draft = await this.complete(change);
    await before?.(draft ?? path);
    if (draft !== undefined) await mount.rename(draft, path, { replace: true }, ctx);
  }

  /** All is written, has its attributes and is closed; answers where it is, absent in place. */
  async complete(change: StatsChange): Promise<VfsPath | undefined> {
    const { mount, ctx } = this.#options;
    const length = this.length;
    await this.#write();
    // Only what was taken well is nobody's any more.
    this.#letGo();
    const handle = (this.#handle ??= await this.#open());
    const wanted = this.#inplace ? { ...change, size: length } : change;
    if (Object.keys(wanted).length > 0) await mount.fsetstat(handle, wanted, ctx);
    this.#handle = undefined;
    await mount.close(handle, ctx);
    return this.#draft;
  }

  /** Lets go of everything; `keepAs`: what has arrived is kept there. */
  async abandon(keepAs: VfsPath | undefined, change: StatsChange = {}): Promise<void> {
    const { mount } = this.#options;
    try {
      if (this.#inplace || keepAs !== undefined) await this.#write({});
      if (this.#handle !== undefined && keepAs !== undefined) await mount.fsetstat(this.#handle, change, {});
    } finally {
      const handle = this.#handle;
      this.#handle = undefined;
      if (handle !== undefined) await mount.close(handle, {});
      if (this.#draft !== undefined) await this.#drop(this.#draft, keepAs);
    }
  }

  async #drop(draft: VfsPath, keepAs: VfsPath | undefined): Promise<void> {
    const { mount } = this.#options;
    if (keepAs === undefined) await mount.unlink(draft, {});
    else await mount.rename(draft, keepAs, { replace: true }, {});
  }

  async #appendLarge(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + PIECE - this.#filled);
      this.#room(PIECE);
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled === PIECE) await this.#write();
    }
  }

  #room(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const room = Math.min(PIECE, Math.max(bytes, this.#buffer.length * 4));
    const larger = bytes <= SMALL ? spare.take() : Buffer.allocUnsafeSlow(room);
    larger.set(this.#buffer.subarray(0, this.#filled));
    this.#letGo();
    this.#buffer = larger;
  }

  #letGo(): void {
    spare.giveBack(this.#buffer);
    this.#buffer = NOTHING;
  }

  async #write(ctx: CallContext = this.#options.ctx): Promise<void> {
    if (this.#filled === 0) return;
    const { mount, onStored } = this.#options;
    this.#handle ??= await this.#open(ctx);
    const length = this.#filled;
    await mount.write(this.#handle, this.#at, this.#buffer.subarray(0, length), ctx);
    this.#at += length;
    this.#filled = 0;
    onStored(length);
  }

  async #open(ctx: CallContext = this.#options.ctx): Promise<Handle> {
    const { mount, path, mode } = this.#options;
    const draft = join(parentOf(path), draftName());
    const handle = await mount.open(draft, { access: 'w', create: 'exclusive' }, mode, ctx);
    this.#draft = draft;
    return handle;
  }
}
