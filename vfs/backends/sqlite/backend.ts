import type { CallContext, Handle, LockRequest, OpName, VfsBackend } from '../../backend.ts';
import type { Capabilities } from '../../capabilities.ts';
import { aHostPath, checked } from '../../checks.ts';
import { VfsError } from '../../errors.ts';
import { backendOf, override, type Call, type Next, type OpResult } from '../../layer.ts';
import { bytesWanted, pathsOf, trafficOf } from '../../ops.ts';
import type { VfsPath } from '../../path.ts';
import { withCheckedPaths } from '../shared/checked-paths.ts';
import type { Clock } from '../shared/clock.ts';
import { namedError } from '../shared/named-error.ts';
import { copyDatabase } from './copy.ts';
import { openDatabase } from './database.ts';
import { storageError } from './errors.ts';
import * as files from './files.ts';
import { GroupCommit } from './group-commit.ts';
import { BULK_AFTER, Journal } from './journal.ts';
import { lock } from './locks.ts';
import { OPERATIONS, type OfBackend, type Operation } from './operations.ts';
import { createParts, type Parts } from './parts.ts';
import { WalSync } from './wal-sync.ts';

export interface SqliteOptions {
  /** Make the file where there is none. Default: true. */
  readonly create?: boolean | undefined;
  /** What CLOSE survives: the end of the process (default), or also the loss of power. */
  readonly durability?: 'process' | 'close' | undefined;
  /** Owner of the root directory of a new storage. Default: 0, 0. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Bytes of content written in a row before they are written past the write-ahead log. Default: 16 MiB. */
  readonly bulkAfter?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Told of failures that no caller waits for. */
  readonly onBackgroundError?: ((error: VfsError) => void) | undefined;
}

/** A call that moves so much content is part of a transfer. */
const TRANSFER_BYTES = 4 * 1024;

/** A storage that can be copied while it is in use. */
export interface SqliteStorage extends VfsBackend {
  /** Writes a copy of the storage's file, a little at a time, over what is in `file`. Rejects with `VfsError`, also when `signal` aborts. */
  copyTo(file: string, signal: AbortSignal): Promise<void>;
}

const CAPABILITIES: Capabilities = {
  symlinks: true,
  hardLinks: true,
  sparse: true,
  xattrs: true,
  locks: true,
  inodes: true,
  resolvesPaths: true,
  nanoseconds: true,
  limits: true,
  persistent: true,
};

/**
 * A storage in one SQLite file (docs/storage-format.md), owned by this object alone.
 *
 * Every call runs at once, in the order of the calls; what promises something settles when its group is kept,
 * at the end of the event loop's turn. `write` is acknowledged from memory; `close` and `fsync` tell what was lost.
 */
export const SqliteBackend = {
  /** Throws what `openDatabase` throws. */
  async open(file: string, options: SqliteOptions = {}): Promise<SqliteStorage> {
    checked(file, 'file', aHostPath);
    const db = openDatabase(file, options.create ?? true, options.owner);
    try {
      const storage = new OpenStorage(createParts(db, options.clock), options);
      const backend = backendOf(storage.next, CAPABILITIES, () => storage.dispose());
      return Object.assign(backend, {
        copyTo: (copy: string, signal: AbortSignal) => storage.copyTo(copy, signal),
      });
    } catch (error) {
      db.close();
      throw storageError(error);
    }
  },
};

/** An open storage with what decides when its changes are safe. */
class OpenStorage {
  readonly next: Next = override(() => ({
    close: ({ args: [handle] }) => this.#close(handle),
    sync: () => this.#sync(),
    lock: ({ args: [handle, request], ctx }) => this.#lock(handle, request, ctx),
  }))((call) => this.#perform(call));
  readonly #parts: Parts;
  readonly #journal: Journal;
  readonly #group: GroupCommit;
  readonly #wal: WalSync;
  readonly #syncsAtClose: boolean;
  /** Calls that wait for the disk. */
  readonly #syncing = new Set<Promise<void>>();
  #disposed: Promise<void> | undefined;

  constructor(parts: Parts, options: SqliteOptions) {
    this.#parts = parts;
    this.#journal = new Journal(
      parts.db,
      options.bulkAfter ?? BULK_AFTER,
      () => this.#wal.restart(),
      () => this.#wal.sync(),
    );
    this.#group = new GroupCommit(parts, this.#journal, options.onBackgroundError);
    this.#wal = new WalSync(parts.file, () => this.#journal.durable);
    this.#syncsAtClose = options.durability === 'close';
  }

  async #perform<K extends OpName>(given: Call<K>): Promise<OpResult<K>> {
    const call = this.#checked(given);
    const { op, ctx } = call;
    const path = pathsOf(call)[0];
    if (bytesWanted(call) >= TRANSFER_BYTES) this.#group.beforeTransfer();
    // The others are answered elsewhere.
    const { run, changes, waits } = OPERATIONS[op as Exclude<OpName, OfBackend>] as unknown as Operation<K>;
    const act = (): OpResult<K> => run(this.#parts, ...call.args, ctx);
    const result = changes ? this.#change(op, path, act) : this.#run(op, path, act, false);
    if (waits === 'kept') await this.#kept(op, path);
    if (waits === 'durable') await this.#durable(op);
    return result;
  }

  async #close(handle: Handle): Promise<void> {
    const promises = this.#change('close', undefined, () => files.close(this.#parts, handle));
    if (!promises) return;
    await (this.#syncsAtClose ? this.#durable('close') : this.#kept('close'));
  }

  async #sync(): Promise<void> {
    this.#change('sync', undefined, () => this.#group.flushAll());
    await this.#durable('sync');
  }

  async #lock(handle: Handle, request: LockRequest, ctx: CallContext): Promise<void> {
    return this.#run('lock', undefined, () => lock(this.#parts, handle, request, ctx), false);
  }

  #checked<K extends OpName>(call: Call<K>): Call<K> {
    try {
      return withCheckedPaths(call);
    } catch (error) {
      throw namedError(error, call.op, pathsOf(call)[0]);
    }
  }

  async copyTo(file: string, signal: AbortSignal): Promise<void> {
    try {
      await copyDatabase(this.#parts.db, file, () => this.#group.settle(), signal);
    } catch (error) {
      throw signal.aborted ? new VfsError('EINTR', { cause: error }) : storageError(error);
    }
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#end();
    return this.#disposed;
  }

  async #end(): Promise<void> {
    try {
      this.#parts.locks.releaseAll();
      this.#group.end();
    } catch (error) {
      throw namedError(error, 'sync');
    } finally {
      await Promise.allSettled(this.#syncing);
      // Closing the database syncs everything by itself.
      await this.#wal.close().catch(() => undefined);
      await this.#journal.close();
      this.#parts.log.close();
    }
  }

  /** Runs what may change the storage. */
  #change<T>(op: OpName, path: VfsPath | undefined, action: () => T): T {
    const isBulk = trafficOf(op)?.written === true;
    const result = this.#run(op, path, isBulk ? () => this.#bulk(action) : action, true);
    this.#group.afterChange();
    return result;
  }

  #bulk<T>(action: () => T): T {
    const result = action();
    this.#group.commitIfLarge();
    return result;
  }

  #run<T>(op: OpName, path: VfsPath | undefined, action: () => T, mayChange: boolean): T {
    try {
      this.#group.beforeOperation();
      this.#parts.transaction.restore();
      return op === 'close' ? action() : this.#twice(action);
    } catch (error) {
      if (mayChange) this.#group.afterFailure(error);
      throw namedError(storageError(error), op, path);
    }
  }

  /**
   * On a full disk SQLite may end the whole group in the middle of any statement, for what others have put into it.
   * All that the action had done is undone with it, so it may do without the group; only a handle cannot end twice.
   */
  #twice<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!this.#group.abortIfEnded(error)) throw error;
      return action();
    }
  }

  /** Waits until what was changed survives the end of the process. */
  async #kept(op: OpName, path?: VfsPath): Promise<void> {
    try {
      await this.#group.kept();
    } catch (error) {
      throw namedError(error, op, path);
    }
  }

  /** Waits until what was changed is committed and on the disk. */
  async #durable(op: OpName): Promise<void> {
    const synced = this.#group.committed().then(() => this.#wal.sync());
    this.#syncing.add(synced);
    try {
      await synced;
    } catch (error) {
      throw namedError(storageError(error), op);
    } finally {
      this.#syncing.delete(synced);
    }
  }
}
