import type { Handle, OpName, VfsBackend } from '../../vfs/backend.ts';
import { VfsError } from '../../vfs/errors.ts';
import { backendOf, callBackend, type Call, type Next, type OpArgs } from '../../vfs/layer.ts';
import { actsOnHandle } from '../../vfs/ops.ts';

/** A storage as it can be reached for a while. */
export interface Reach {
  readonly backend: VfsBackend;
  /** Lets go of it, whether it was lost or not. */
  readonly close: () => Promise<void>;
  /** Resolves when it cannot be reached in this way any more. Absent: it always can. */
  readonly lost?: Promise<void> | undefined;
}

/** Where an open file is. */
interface OpenFile {
  readonly at: Reach;
  readonly handle: Handle;
}

/**
 * A storage that is reached anew after it was lost. Calls that were under way have failed by then (`EIO`), and files
 * that were open are so no more: each of their handles is `ESTALE` from then on, the close included, since what was
 * written last may be gone. Everything else goes on. Rejects with what the first `reach` rejects with.
 */
export async function reopening(reach: () => Promise<Reach>): Promise<VfsBackend> {
  const storage = new ReopeningStorage(reach);
  const { capabilities } = await storage.begin();
  return backendOf(
    (call) => storage.call(call),
    capabilities,
    () => storage.close(),
  );
}

class ReopeningStorage {
  readonly #reach: () => Promise<Reach>;
  readonly #files = new Map<number, OpenFile>();
  #at: Promise<Reach> | undefined;
  #nextHandle = 1;
  #closed = false;

  constructor(reach: () => Promise<Reach>) {
    this.#reach = reach;
  }

  async begin(): Promise<VfsBackend> {
    return (await this.#current()).backend;
  }

  call: Next = async <K extends OpName>(call: Call<K>): Promise<never> => {
    const at = await this.#current();
    const result: unknown = await callBackend(at.backend)(this.#onFilesOf(at, call));
    if (call.op === 'open') return this.#opened(at, result as Handle) as never;
    if (call.op === 'close') this.#files.delete(call.args[0] as number);
    return result as never;
  };

  async close(): Promise<void> {
    this.#closed = true;
    const at = await this.#at;
    await at?.close();
  }

  /** Those who come while it is being reached wait together. */
  #current(): Promise<Reach> {
    this.#at ??= this.#again();
    return this.#at;
  }

  async #again(): Promise<Reach> {
    try {
      const at = await this.#reach();
      void at.lost?.then(() => this.#lost(at));
      return at;
    } catch (error) {
      this.#at = undefined;
      throw error;
    }
  }

  #lost(at: Reach): void {
    if (this.#closed) return;
    this.#at = undefined;
    // There is nothing left to be kept.
    at.close().catch(() => {});
  }

  #opened(at: Reach, handle: Handle): Handle {
    const ours = this.#nextHandle++ as Handle;
    this.#files.set(ours, { at, handle });
    return ours;
  }

  /** The call with the handles that the storage knows. */
  #onFilesOf<K extends OpName>(at: Reach, call: Call<K>): Call<K> {
    if (!actsOnHandle(call.op)) return call;
    const args = [...(call.args as readonly unknown[])];
    for (const index of call.op === 'copyRange' ? COPY_HANDLES : ONE_HANDLE) {
      args[index] = this.#handleAt(at, args[index] as number, call.op);
    }
    return { op: call.op, args: args as unknown as OpArgs<K>, ctx: call.ctx };
  }

  #handleAt(at: Reach, ours: number, op: OpName): Handle {
    const file = this.#files.get(ours);
    if (file === undefined) throw new VfsError('EBADF', { op });
    if (file.at === at) return file.handle;
    if (op === 'close') this.#files.delete(ours);
    throw new VfsError('ESTALE', { op, detail: 'the process that had the file open has ended' });
  }
}

/** Positions of handles among the arguments. */
const ONE_HANDLE = [0] as const;
const COPY_HANDLES = [0, 3] as const;
