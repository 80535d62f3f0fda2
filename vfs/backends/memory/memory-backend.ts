import { argumentChecker } from '../../arguments.ts';
import type { OpName, VfsBackend, VfsOperations } from '../../backend.ts';
import type { Capabilities } from '../../capabilities.ts';
import { aLimit, checked } from '../../checks.ts';
import { VfsError } from '../../errors.ts';
import type { Call, OpResult } from '../../layer.ts';
import { pathsOf } from '../../ops.ts';
import { namedError, systemClock, withCheckedPaths, type Clock } from '../shared/index.ts';
import { OPERATIONS } from './operations.ts';
import { Store } from './store.ts';

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
  persistent: false,
};

export interface MemoryBackendOptions {
  /** Bytes stored at most, all files together: `ENOSPC` beyond. Absent: 2^53 - 1, so what memory gives. */
  readonly capacity?: number | undefined;
  /** Absent: the machine's clock. */
  readonly clock?: Clock | undefined;
}

/** A storage in this process's memory: the contract at its plainest, for tests, caches and scratch space. */
export class MemoryBackend implements VfsBackend {
  readonly capabilities = CAPABILITIES;
  readonly #store: Store;
  readonly #checkArguments = argumentChecker();
  #disposed = false;

  constructor({ capacity = Number.MAX_SAFE_INTEGER, clock = systemClock }: MemoryBackendOptions = {}) {
    this.#store = new Store(checked(capacity, 'capacity', aLimit), clock);
  }

  readonly open = this.#method('open');
  readonly read = this.#method('read');
  readonly write = this.#method('write');
  readonly copyRange = this.#method('copyRange');
  readonly fstat = this.#method('fstat');
  readonly fsetstat = this.#method('fsetstat');
  readonly fsync = this.#method('fsync');
  readonly close = this.#method('close');
  readonly lstat = this.#method('lstat');
  readonly setstat = this.#method('setstat');
  readonly readdir = this.#method('readdir');
  readonly mkdir = this.#method('mkdir');
  readonly rmdir = this.#method('rmdir');
  readonly unlink = this.#method('unlink');
  readonly rename = this.#method('rename');
  readonly link = this.#method('link');
  readonly symlink = this.#method('symlink');
  readonly readlink = this.#method('readlink');
  readonly statfs = this.#method('statfs');
  readonly sync = this.#method('sync');
  readonly resolve = this.#method('resolve');
  readonly lookup = this.#method('lookup');
  readonly statInode = this.#method('statInode');
  readonly pathToInode = this.#method('pathToInode');
  readonly inodeToPath = this.#method('inodeToPath');
  readonly getxattr = this.#method('getxattr');
  readonly setxattr = this.#method('setxattr');
  readonly listxattr = this.#method('listxattr');
  readonly removexattr = this.#method('removexattr');
  readonly lock = this.#method('lock');
  readonly tryLock = this.#method('tryLock');
  readonly unlock = this.#method('unlock');

  dispose(): Promise<void> {
    this.#disposed = true;
    this.#store.clear();
    return Promise.resolve();
  }

  #method<K extends OpName>(op: K): VfsOperations[K] {
    const method = async (...args: unknown[]): Promise<OpResult<K>> => {
      const ctx = args.pop();
      return this.#run({ op, args, ctx } as unknown as Call<K>);
    };
    // The arguments of a call are those of the method it came from.
    return method as unknown as VfsOperations[K];
  }

  /** Runs to its end without a wait, so that no other call comes between; only a lock may be answered later. */
  #run<K extends OpName>(call: Call<K>): OpResult<K> | Promise<OpResult<K>> {
    const { op } = call;
    try {
      if (this.#disposed) throw new VfsError('EBADF', { detail: 'the storage is closed' });
      this.#checkArguments(call);
      const { args, ctx } = withCheckedPaths(call);
      const run = OPERATIONS[op] as (store: Store, ...args: readonly unknown[]) => OpResult<K>;
      return run(this.#store, ...(args as readonly unknown[]), ctx);
    } catch (error) {
      throw namedError(error, op, pathsOf(call)[0]);
    }
  }
}
