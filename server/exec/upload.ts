import type { CallContext, Handle, VfsBackend } from '../../vfs/backend.ts';
import { CHUNK_SIZE } from '../../vfs/backends/shared/chunks.ts';
import { isZero } from '../../vfs/backends/shared/zeros.ts';
import { isVfsError, VfsError, type VfsErrorCode } from '../../vfs/errors.ts';
import { draftName } from '../../vfs/extensions/draft.ts';
import { join, parentOf, type VfsPath } from '../../vfs/path.ts';
import type { Stats, StatsChange } from '../../vfs/stats.ts';

const NEW = { access: 'w', create: 'exclusive' } as const;

interface OldFile {
  readonly handle: Handle;
  readonly stats: Stats;
}

/** Bytes copied in one operation of the store. */
const PIECE = 64 * 1024 * 1024;

/** What permissions, and rules about names and renames, answer. */
const FORBIDDEN: ReadonlySet<VfsErrorCode> = new Set(['EACCES', 'EPERM', 'EINVAL', 'ENAMETOOLONG']);

/**
 * A file on its way in. A new one grows under its own name and is removed if it does not become whole. One that is there
 * must be writable and stays as it is until `finish`: the new content is written beside and put in its place, with its
 * mode, owner and other names, as if it had been overwritten; that needs room for the old and the new. Where its name
 * may not be given to another file, it is overwritten. Where nothing may be removed, what is written beside could never
 * go away: there it is overwritten from the beginning, as by SFTP, and one that ends too early leaves it half new.
 */
export class Upload {
  readonly #storage: VfsBackend;
  readonly #ctx: CallContext;
  /** Where symlinks lead. */
  readonly #path: VfsPath;
  /** Absent: written in place. */
  readonly #draft: VfsPath | undefined;
  readonly #handle: Handle;
  /** What is there; open for writing. */
  readonly #old: OldFile | undefined;
  /** Where the content that was written ends. */
  #end = 0;
  #isOver = false;

  private constructor(
    storage: VfsBackend,
    path: VfsPath,
    draft: VfsPath | undefined,
    handle: Handle,
    old: OldFile | undefined,
    ctx: CallContext,
  ) {
    this.#storage = storage;
    this.#path = path;
    this.#draft = draft;
    this.#handle = handle;
    this.#old = old;
    this.#ctx = ctx;
  }

  /** `mode` is that of a new file. Throws what opening the file for writing does. */
  static async begin(storage: VfsBackend, path: VfsPath, mode: number, ctx: CallContext): Promise<Upload> {
    // Most files are new, and this is all that it takes for them.
    const made = await createdAt(storage, path, mode, ctx);
    if (made !== undefined) return new Upload(storage, path, undefined, made, undefined, ctx);
    const { path: real, stats } = await storage.resolve(path, 'follow', ctx);
    if (stats?.type === 'directory') throw new VfsError('EISDIR', { op: 'open', path });
    if (stats === undefined) {
      const handle = await storage.open(real, NEW, mode, ctx);
      return new Upload(storage, real, undefined, handle, undefined, ctx);
    }
    const old = { handle: await storage.open(real, { access: 'w' }, 0, ctx), stats };
    try {
      const canGo = storage.denied?.has('remove') !== true;
      const beside = canGo ? await openDraft(storage, real, stats.mode, ctx) : undefined;
      return new Upload(storage, real, beside?.draft, beside?.handle ?? old.handle, old, ctx);
    } catch (error) {
      await storage.close(old.handle, withoutSignal(ctx));
      throw error;
    }
  }

  /** Chunks of zeros become holes, where that is the same. */
  async write(position: number, bytes: Uint8Array): Promise<void> {
    const isFresh = this.#handle !== this.#old?.handle;
    const parts = isFresh ? partsWithContent(bytes) : [[0, bytes.length] as const];
    for (const [start, end] of parts) {
      await this.#storage.write(this.#handle, position + start, bytes.subarray(start, end), this.#ctx);
      this.#end = Math.max(this.#end, position + end);
    }
  }

  /** Puts it in its place, with what else shall be changed. */
  async finish(change: StatsChange & { readonly size: number }): Promise<void> {
    try {
      if (this.#draft === undefined || this.#old === undefined) await this.#settle(change);
      else await this.#replace(this.#draft, this.#old, change);
      this.#isOver = true;
    } finally {
      if (!this.#isOver) await this.abandon();
    }
    await this.#close();
  }

  /** Lets go of it; nothing has happened, unless it was written in place. */
  async abandon(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#close().catch(() => {});
    const left = this.#draft ?? (this.#old === undefined ? this.#path : undefined);
    if (left !== undefined) await this.#remove(left);
  }

  async #replace(
    draft: VfsPath,
    old: OldFile,
    change: StatsChange & { readonly size: number },
  ): Promise<void> {
    const storage = this.#storage;
    await this.#settle({ mode: old.stats.mode, ...change });
    if (!(await this.#mustStay(old.stats)) && (await this.#takesPlace(draft))) return;
    await this.#copyInto(old.handle, change.size);
    await storage.fsetstat(old.handle, change, this.#ctx);
    await this.#remove(draft);
  }

  /** All of it once it has begun, in pieces that leave others a turn. */
  async #copyInto(target: Handle, size: number): Promise<void> {
    const ctx = withoutSignal(this.#ctx);
    for (let at = 0; at < size; at += PIECE) {
      await this.#storage.copyRange(this.#handle, at, Math.min(PIECE, size - at), target, at, ctx);
    }
  }

  /** False where no name may be given to another file. */
  async #takesPlace(draft: VfsPath): Promise<boolean> {
    try {
      await this.#storage.rename(draft, this.#path, { replace: true }, this.#ctx);
      return true;
    } catch (error) {
      if (isVfsError(error) && FORBIDDEN.has(error.code)) return false;
      throw error;
    }
  }

  /** Of a new file, an account that may not remove anything keeps what has come. */
  async #remove(path: VfsPath): Promise<void> {
    await this.#storage.unlink(path, withoutSignal(this.#ctx)).catch(() => {});
  }

  /** Of a new file that was written to its end there may be nothing to change. */
  async #settle(change: StatsChange & { readonly size: number }): Promise<void> {
    const isWritten = this.#old === undefined && change.size === this.#end;
    const isDone = isWritten && Object.keys(change).length === 1;
    if (!isDone) await this.#storage.fsetstat(this.#handle, change, this.#ctx);
  }

  /** Another inode in its place could be told from the old one. */
  async #mustStay({ nlink, uid, gid }: Stats): Promise<boolean> {
    if (nlink > 1) return true;
    const ours = await this.#storage.fstat(this.#handle, this.#ctx);
    return ours.uid !== uid || ours.gid !== gid;
  }

  async #close(): Promise<void> {
    const ctx = withoutSignal(this.#ctx);
    const old = this.#old?.handle;
    if (old !== undefined && old !== this.#handle) await this.#storage.close(old, ctx);
    await this.#storage.close(this.#handle, ctx);
  }
}

/** The runs of chunks that are not all zeros, as positions. */
function partsWithContent(bytes: Uint8Array): (readonly [start: number, end: number])[] {
  const parts: [number, number][] = [];
  for (let start = 0; start < bytes.length; start += CHUNK_SIZE) {
    const end = Math.min(start + CHUNK_SIZE, bytes.length);
    if (isZero(bytes.subarray(start, end))) continue;
    const last = parts.at(-1);
    if (last?.[1] === start) last[1] = end;
    else parts.push([start, end]);
  }
  return parts;
}

/** Undefined where anything has the name, a symlink included. */
async function createdAt(
  storage: VfsBackend,
  path: VfsPath,
  mode: number,
  ctx: CallContext,
): Promise<Handle | undefined> {
  try {
    return await storage.open(path, NEW, mode, ctx);
  } catch (error) {
    if (isVfsError(error, 'EEXIST')) return undefined;
    throw error;
  }
}

/** A name beside the file, open for reading and writing; undefined where none may be made. */
async function openDraft(
  storage: VfsBackend,
  path: VfsPath,
  mode: number,
  ctx: CallContext,
): Promise<{ readonly draft: VfsPath; readonly handle: Handle } | undefined> {
  const draft = join(parentOf(path), draftName());
  try {
    return { draft, handle: await storage.open(draft, { access: 'rw', create: 'exclusive' }, mode, ctx) };
  } catch (error) {
    if (isVfsError(error) && FORBIDDEN.has(error.code)) return undefined;
    throw error;
  }
}

/** What tidies up is done though the program is being ended. */
function withoutSignal(ctx: CallContext): CallContext {
  return { ...ctx, signal: undefined };
}
