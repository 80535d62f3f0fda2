import type { VfsBackend } from '../vfs/backend.ts';
import type { RemoteBackend } from '../vfs/backends/remote/index.ts';
import type { SqliteStorage } from '../vfs/backends/sqlite/index.ts';
import type { Account } from './auth/account.ts';
import type { Logger } from './log.ts';
import { once } from './once.ts';

/** Whose storage: what `openStorage` needs of the account. */
export type StorageOwner = Pick<Account, 'name' | 'uid' | 'gid'>;

/** A storage that may be somewhere else, and be lost; those in files can be copied. */
export type OpenedBackend = VfsBackend &
  Partial<Pick<RemoteBackend, 'ended'> & Pick<SqliteStorage, 'copyTo'>>;

/** Opens an account's storage; the only one to have it until `dispose`. */
export type OpenStorage = (owner: StorageOwner) => Promise<OpenedBackend>;

export interface StoragesOptions {
  readonly open: OpenStorage;
  /** Ends what stands behind the storages, after the last of them is closed. */
  readonly end?: (() => Promise<void>) | undefined;
  /** A storage is closed so many milliseconds after its last lease. */
  readonly idleMilliseconds: number;
  /** Storages open at once; only idle ones are closed to keep it, so more of them can be in use. */
  readonly openMax: number;
  readonly log: Logger;
}

/** The right to use a storage until it is given back. */
export interface Lease {
  readonly backend: OpenedBackend;
  /** Again: nothing. */
  release(): void;
}

interface Entry {
  readonly name: string;
  readonly opening: Promise<OpenedBackend>;
  leases: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * The storages that are open, one backend an account, shared by all its sessions. Concurrent first leases share one
 * opening; one that fails is forgotten, so the next lease tries again, as is a storage whose owner has died.
 */
export class Storages {
  readonly #options: StoragesOptions;
  /** In the order of their last use, the longest ago first. */
  readonly #entries = new Map<string, Entry>();
  /** Storages being closed: they cannot be opened again before that. */
  readonly #closing = new Map<string, Promise<void>>();
  #disposed = false;

  constructor(options: StoragesOptions) {
    this.#options = options;
  }

  /** Names of the storages that are held, used or idle. */
  get names(): string[] {
    return [...this.#entries.keys(), ...this.#closing.keys()].sort();
  }

  isHeld(name: string): boolean {
    return this.#entries.has(name) || this.#closing.has(name);
  }

  /** Rejects with what `open` rejects with. */
  async lease(owner: StorageOwner): Promise<Lease> {
    if (this.#disposed) throw new Error('the server is shutting down');
    const entry = this.#entries.get(owner.name) ?? this.#begin(owner);
    this.#touch(entry);
    entry.leases += 1;
    try {
      const backend = await entry.opening;
      return { backend, release: once(() => this.#release(entry)) };
    } catch (error) {
      entry.leases -= 1;
      throw error;
    }
  }

  /** Closes everything; leases that are out fail from now on. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const entry of this.#entries.values()) this.#close(entry);
    await Promise.all(this.#closing.values());
    await this.#options.end?.();
  }

  #begin(owner: StorageOwner): Entry {
    const { name } = owner;
    const opening = this.#open(owner);
    const entry: Entry = { name, opening, leases: 0, timer: undefined };
    this.#entries.set(name, entry);
    opening.then(({ ended }) => ended?.then(() => this.#forget(entry))).catch(() => this.#forget(entry));
    return entry;
  }

  /** It was not opened, or is lost: the next lease opens it again. */
  #forget(entry: Entry): void {
    clearTimeout(entry.timer);
    if (this.#entries.get(entry.name) === entry) this.#entries.delete(entry.name);
  }

  async #open(owner: StorageOwner): Promise<OpenedBackend> {
    await this.#closing.get(owner.name);
    this.#makeRoom();
    const backend = await this.#options.open(owner);
    this.#options.log.debug('storage opened', { storage: owner.name });
    return backend;
  }

  #touch(entry: Entry): void {
    clearTimeout(entry.timer);
    entry.timer = undefined;
    if (this.#entries.delete(entry.name)) this.#entries.set(entry.name, entry);
  }

  #release(entry: Entry): void {
    entry.leases -= 1;
    if (entry.leases > 0 || this.#entries.get(entry.name) !== entry) return;
    this.#touch(entry);
    entry.timer = setTimeout(() => this.#close(entry), this.#options.idleMilliseconds);
    entry.timer.unref();
    this.#makeRoom();
  }

  /** Closes idle storages, the longest idle first, until no more than the limit are open. */
  #makeRoom(): void {
    let tooMany = this.#entries.size - this.#options.openMax;
    for (const entry of this.#entries.values()) {
      if (tooMany <= 0) return;
      if (entry.leases > 0 || entry.timer === undefined) continue;
      this.#close(entry);
      tooMany -= 1;
    }
  }

  #close(entry: Entry): void {
    const { name } = entry;
    clearTimeout(entry.timer);
    this.#entries.delete(name);
    const closing = this.#dispose(entry).finally(() => this.#closing.delete(name));
    this.#closing.set(name, closing);
  }

  async #dispose({ name, opening }: Entry): Promise<void> {
    const { log } = this.#options;
    try {
      await (await opening).dispose();
      log.debug('storage closed', { storage: name });
    } catch (error) {
      log.error('a storage could not be closed properly', { storage: name, error });
    }
  }
}
