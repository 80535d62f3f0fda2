import type { CallContext, VfsBackend } from '../../backend.ts';
import type { Capabilities } from '../../capabilities.ts';
import { HandleTable, LockTable, ReadWriteLock, type Hold } from '../../backends/shared/index.ts';
import { isVfsError, VfsError } from '../../errors.ts';
import { removeTree } from '../../extensions/remove-tree.ts';
import { entriesOf } from '../../extensions/entries.ts';
import { join, ROOT, type VfsPath } from '../../path.ts';
import type { Accounts } from './accounts.ts';
import type { Directory } from './find.ts';
import type { OpenFile, OpenNode } from './open-node.ts';
import { Origins, type Origin } from './origins.ts';
import { PRIVATE, PRIVATE_DIRECTORIES, WHITEOUT, WORK } from './places.ts';
import { loadTimes } from './shown-times.ts';
import { contentBytes } from './xattrs.ts';

/** Directories whose places are remembered. */
const DIRECTORIES_MAX = 1024;
/** Modes of the private directory while it is being made, and then. */
const UNFINISHED = 0;
const PREPARED = 0o700;

/**
 * Two stores as one. Names are looked at under `lock` shared and changed under it alone, so that each operation is
 * one step for all others; content of files needs no lock once it is in the upper store.
 */
export class Store {
  readonly upper: VfsBackend;
  readonly lower: VfsBackend;
  /** Of the two together. */
  readonly capabilities: Capabilities;
  readonly origins: Origins;
  readonly accounts: Accounts;
  readonly handles = new HandleTable<OpenFile>();
  readonly locks = new LockTable();
  /** What is open, by inode. */
  readonly nodes = new Map<number, OpenNode>();
  readonly #lock = new ReadWriteLock();
  readonly #directories = new Map<VfsPath, Directory>();
  #root: Origin | undefined;
  #whiteout = 0;
  #nextWork = 0;

  constructor(upper: VfsBackend, lower: VfsBackend, capabilities: Capabilities, accounts: Accounts) {
    this.upper = upper;
    this.lower = lower;
    this.capabilities = capabilities;
    this.origins = new Origins(upper);
    this.accounts = accounts;
  }

  /** Makes a new upper store ready, or takes up one that was left. */
  async load(): Promise<void> {
    const isNew = !(await this.#isPrepared()) && (await this.#prepare());
    this.#whiteout = (await this.upper.lstat(WHITEOUT, {})).inode;
    for await (const { name } of entriesOf(this.upper, WORK)) await removeTree(this.upper, join(WORK, name));
    await this.origins.load();
    for (const origin of this.origins.all())
      if (origin.content === 'lower') origin.used = await contentBytes(this, origin.path);
    this.#root = await this.#rootOrigin(isNew);
    await loadTimes(this);
    this.accounts.begin(this.origins.size);
  }

  /** The root of the upper store, which came from the root of the lower one. */
  get root(): Origin {
    if (this.#root === undefined) throw new VfsError('EIO');
    return this.#root;
  }

  isWhiteout(inode: number): boolean {
    return inode === this.#whiteout;
  }

  looking<T>(ctx: CallContext, run: () => Promise<T>): Promise<T> {
    return this.during('shared', ctx, run);
  }

  changing<T>(ctx: CallContext, run: () => Promise<T>): Promise<T> {
    return this.during('exclusive', ctx, run);
  }

  during<T>(hold: Hold, ctx: CallContext, run: () => Promise<T>): Promise<T> {
    return this.#lock.during(hold, ctx.signal, run);
  }

  /** A new name in `WORK`. */
  work(): VfsPath {
    return join(WORK, String(this.#nextWork++));
  }

  knownDirectory(path: VfsPath): Directory | undefined {
    return this.#directories.get(path);
  }

  remember(directory: Directory): Directory {
    if (this.#directories.size >= DIRECTORIES_MAX) this.#directories.clear();
    this.#directories.set(directory.path, directory);
    return directory;
  }

  /** To be called where a directory has been moved, removed, or taken into the upper store. */
  forgetDirectories(): void {
    this.#directories.clear();
  }

  async #isPrepared(): Promise<boolean> {
    const found = await unlessMissing(this.upper.lstat(PRIVATE, {}));
    if (found === undefined) return false;
    // Who may put names into this store and is not its superuser cannot have made it look like ours.
    const isOurs = found.type === 'directory' && found.uid === 0;
    if (isOurs && found.mode === PREPARED) return true;
    if (isOurs && found.mode === UNFINISHED) return false;
    const detail = 'the upper store has something of its own by the name that an overlay needs';
    throw new VfsError('EEXIST', { path: PRIVATE, detail });
  }

  async #rootOrigin(isNew: boolean): Promise<Origin> {
    const { inode: lower, ctime } = await this.lower.lstat(ROOT, {});
    const { inode: upper } = await this.upper.lstat(ROOT, {});
    const times = isNew ? { ctime } : undefined;
    return { upper, lower, type: 'directory', path: ROOT, content: 'upper', held: [], used: 0, times };
  }

  /** The mode of the directory, set last, tells that all of it is there. Answers whether the store was empty. */
  async #prepare(): Promise<boolean> {
    const { upper } = this;
    const names = await upper.readdir(ROOT, { limit: 2 }, {});
    const isNew = names.every(({ name }) => join(ROOT, name) === PRIVATE);
    for (const path of PRIVATE_DIRECTORIES) await unlessThere(upper.mkdir(path, UNFINISHED, {}));
    const handle = await upper.open(WHITEOUT, { access: 'w', create: 'if-missing' }, 0, {});
    await upper.close(handle, {});
    if (isNew) await this.#takeRootAttributes();
    await upper.setstat(PRIVATE, { mode: PREPARED }, {});
    return isNew;
  }

  async #takeRootAttributes(): Promise<void> {
    const { mode, uid, gid, atime, mtime } = await this.lower.lstat(ROOT, {});
    await this.upper.setstat(ROOT, { mode, uid, gid, atime, mtime }, {});
  }
}

async function unlessThere(made: Promise<void>): Promise<void> {
  try {
    await made;
  } catch (error) {
    if (!isVfsError(error, 'EEXIST')) throw error;
  }
}

/**
 * Calls that belong together, made in one turn: a store that gathers the calls of a turn in one transaction, as SQLite
 * does, keeps all of them or none. They must be sure to succeed.
 */
export async function together(...calls: readonly (Promise<unknown> | undefined | false)[]): Promise<void> {
  const made = calls.filter((call) => call instanceof Promise);
  const outcomes = await Promise.allSettled(made);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** The answer, or undefined where there is nothing by that name. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isVfsError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
