import type {
  CallContext,
  Handle,
  LockRequest,
  OpenFlags,
  OpName,
  ReaddirPage,
  RenameOptions,
  Resolution,
  VfsBackend,
} from '../../backend.ts';
import type { Capabilities } from '../../capabilities.ts';
import { VfsError } from '../../errors.ts';
import type { VfsPath } from '../../path.ts';
import type { DirectoryEntry, Stats, StatsChange, StorageStats } from '../../stats.ts';
import type { Clock } from '../shared/clock.ts';
import { namedError } from '../shared/named-error.ts';
import * as attributes from './attributes.ts';
import { openDatabase } from './database.ts';
import { storageError } from './errors.ts';
import * as files from './files.ts';
import { GroupCommit } from './group-commit.ts';
import { createParts, type Parts } from './parts.ts';
import * as tree from './tree.ts';
import { WalSync } from './wal-sync.ts';

export interface SqliteOptions {
  /** Make the file where there is none. Default: true. */
  readonly create?: boolean | undefined;
  /** What CLOSE survives: the end of the process (default), or also the loss of power. */
  readonly durability?: 'process' | 'close' | undefined;
  /** Owner of the root directory of a new storage. Default: 0, 0. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  readonly clock?: Clock | undefined;
  /** Told of failures that no caller waits for. */
  readonly onBackgroundError?: ((error: VfsError) => void) | undefined;
}

const CAPABILITIES: Capabilities = {
  symlinks: true,
  hardLinks: true,
  sparse: true,
  xattrs: false,
  locks: false,
  inodes: true,
  resolvesPaths: true,
  nanoseconds: true,
  limits: true,
  persistent: true,
};

/**
 * A storage in one SQLite file (docs/storage-format.md), owned by this object alone.
 *
 * Every call runs at once, in the order of the calls; what promises something settles when its group is committed,
 * at the end of the event loop's turn. `write` is acknowledged from memory; `close` and `fsync` tell what was lost.
 */
export class SqliteBackend implements VfsBackend {
  readonly capabilities = CAPABILITIES;
  readonly #parts: Parts;
  readonly #group: GroupCommit;
  readonly #wal: WalSync;
  readonly #syncsAtClose: boolean;
  /** Calls that wait for the disk. */
  readonly #syncing = new Set<Promise<void>>();
  #disposed: Promise<void> | undefined;

  /** Throws what `openDatabase` throws. */
  static async open(file: string, options: SqliteOptions = {}): Promise<SqliteBackend> {
    const db = openDatabase(file, options.create ?? true, options.owner);
    try {
      return new SqliteBackend(createParts(db, options.clock), options);
    } catch (error) {
      db.close();
      throw storageError(error);
    }
  }

  private constructor(parts: Parts, options: SqliteOptions) {
    this.#parts = parts;
    this.#group = new GroupCommit(parts, options.onBackgroundError);
    this.#wal = new WalSync(parts.file);
    this.#syncsAtClose = options.durability === 'close';
  }

  async open(path: VfsPath, flags: OpenFlags, mode: number, ctx: CallContext): Promise<Handle> {
    return this.#change('open', path, () => files.open(this.#parts, path, flags, mode, ctx));
  }

  async read(handle: Handle, position: number, length: number): Promise<Uint8Array> {
    return this.#look('read', undefined, () => files.read(this.#parts, handle, position, length));
  }

  async write(handle: Handle, position: number | 'end', bytes: Uint8Array, ctx: CallContext): Promise<void> {
    this.#change('write', undefined, () => {
      files.write(this.#parts, handle, position, bytes, ctx);
      this.#group.commitIfLarge();
    });
  }

  // prettier-ignore
  async copyRange(from: Handle, fromPosition: number, length: number, to: Handle, toPosition: number, ctx: CallContext): Promise<number> {
    return this.#change('copyRange', undefined, () => {
      const copied = files.copyRange(this.#parts, from, fromPosition, length, to, toPosition, ctx);
      this.#group.commitIfLarge();
      return copied;
    });
  }

  async fstat(handle: Handle): Promise<Stats> {
    return this.#look('fstat', undefined, () => files.fstat(this.#parts, handle));
  }

  async fsetstat(handle: Handle, change: StatsChange, ctx: CallContext): Promise<void> {
    this.#change('fsetstat', undefined, () => files.fsetstat(this.#parts, handle, change, ctx));
    await this.#committed('fsetstat');
  }

  async fsync(handle: Handle): Promise<void> {
    this.#change('fsync', undefined, () => files.fsync(this.#parts, handle));
    await this.#durable('fsync');
  }

  async close(handle: Handle): Promise<void> {
    const promises = this.#change('close', undefined, () => files.close(this.#parts, handle));
    if (!promises) return;
    await (this.#syncsAtClose ? this.#durable('close') : this.#committed('close'));
  }

  async lstat(path: VfsPath): Promise<Stats> {
    return this.#look('lstat', path, () => attributes.lstat(this.#parts, path));
  }

  async setstat(path: VfsPath, change: StatsChange, ctx: CallContext): Promise<void> {
    this.#change('setstat', path, () => attributes.setstat(this.#parts, path, change, ctx));
    await this.#committed('setstat', path);
  }

  async readdir(path: VfsPath, page: ReaddirPage): Promise<DirectoryEntry[]> {
    return this.#look('readdir', path, () => attributes.readdir(this.#parts, path, page));
  }

  async mkdir(path: VfsPath, mode: number, ctx: CallContext): Promise<void> {
    this.#change('mkdir', path, () => tree.mkdir(this.#parts, path, mode, ctx));
    await this.#committed('mkdir', path);
  }

  async rmdir(path: VfsPath): Promise<void> {
    this.#change('rmdir', path, () => tree.rmdir(this.#parts, path));
    await this.#committed('rmdir', path);
  }

  async unlink(path: VfsPath): Promise<void> {
    this.#change('unlink', path, () => tree.unlink(this.#parts, path));
    await this.#committed('unlink', path);
  }

  async rename(from: VfsPath, to: VfsPath, options: RenameOptions): Promise<void> {
    this.#change('rename', from, () => tree.rename(this.#parts, from, to, options));
    await this.#committed('rename', from);
  }

  async link(from: VfsPath, to: VfsPath): Promise<void> {
    this.#change('link', from, () => tree.link(this.#parts, from, to));
    await this.#committed('link', from);
  }

  async symlink(target: string, path: VfsPath, ctx: CallContext): Promise<void> {
    this.#change('symlink', path, () => tree.symlink(this.#parts, target, path, ctx));
    await this.#committed('symlink', path);
  }

  async readlink(path: VfsPath): Promise<string> {
    return this.#look('readlink', path, () => attributes.readlink(this.#parts, path));
  }

  async statfs(ctx: CallContext): Promise<StorageStats> {
    return this.#look('statfs', undefined, () => attributes.statfs(this.#parts, ctx));
  }

  async sync(): Promise<void> {
    this.#change('sync', undefined, () => this.#group.flushAll());
    await this.#durable('sync');
  }

  async resolve(path: VfsPath, last: 'follow' | 'keep'): Promise<Resolution> {
    return this.#look('resolve', path, () => attributes.resolve(this.#parts, path, last));
  }

  async lookup(parentInode: number, name: string): Promise<Stats> {
    return this.#look('lookup', undefined, () => attributes.lookup(this.#parts, parentInode, name));
  }

  async statInode(inode: number): Promise<Stats> {
    return this.#look('statInode', undefined, () => attributes.statInode(this.#parts, inode));
  }

  async pathToInode(path: VfsPath): Promise<number> {
    return this.#look('pathToInode', path, () => attributes.lstat(this.#parts, path).inode);
  }

  async inodeToPath(inode: number): Promise<VfsPath> {
    return this.#look('inodeToPath', undefined, () => attributes.inodeToPath(this.#parts, inode));
  }

  async getxattr(path: VfsPath, _name: string, _ctx: CallContext): Promise<Uint8Array> {
    return this.#unsupported('getxattr', path);
  }

  async setxattr(
    path: VfsPath,
    _name: string,
    _value: Uint8Array,
    _mode: 'set' | 'create' | 'replace',
  ): Promise<void> {
    return this.#unsupported('setxattr', path);
  }

  async listxattr(path: VfsPath): Promise<string[]> {
    return this.#unsupported('listxattr', path);
  }

  async removexattr(path: VfsPath, _name: string): Promise<void> {
    return this.#unsupported('removexattr', path);
  }

  async lock(_handle: Handle, _request: LockRequest): Promise<void> {
    return this.#unsupported('lock');
  }

  async tryLock(_handle: Handle, _request: LockRequest): Promise<void> {
    return this.#unsupported('tryLock');
  }

  async unlock(_handle: Handle, _request: LockRequest): Promise<void> {
    return this.#unsupported('unlock');
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#end();
    return this.#disposed;
  }

  async #end(): Promise<void> {
    try {
      this.#group.end();
    } catch (error) {
      throw namedError(error, 'sync');
    } finally {
      await Promise.allSettled(this.#syncing);
      // Closing the database syncs everything by itself.
      await this.#wal.close().catch(() => undefined);
      this.#parts.db.close();
    }
  }

  #unsupported(op: OpName, path?: VfsPath): never {
    this.#requireOpen(op, path);
    throw new VfsError('ENOTSUP', { op, path });
  }

  #requireOpen(op: OpName, path: VfsPath | undefined): void {
    if (this.#disposed !== undefined)
      throw new VfsError('EBADF', { op, path, detail: 'the storage is closed' });
  }

  /** Runs what changes nothing. */
  #look<T>(op: OpName, path: VfsPath | undefined, action: () => T): T {
    return this.#run(op, path, action, false);
  }

  /** Runs what may change the storage. */
  #change<T>(op: OpName, path: VfsPath | undefined, action: () => T): T {
    const result = this.#run(op, path, action, true);
    this.#group.afterChange();
    return result;
  }

  #run<T>(op: OpName, path: VfsPath | undefined, action: () => T, mayChange: boolean): T {
    this.#requireOpen(op, path);
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

  /** Waits until what was changed is committed. */
  async #committed(op: OpName, path?: VfsPath): Promise<void> {
    try {
      await this.#group.committed();
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
