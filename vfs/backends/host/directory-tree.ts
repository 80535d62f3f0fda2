import { lstat, type FileHandle } from 'node:fs/promises';
import { VfsError } from '../../errors.ts';
import { encodeText } from '../../names.ts';
import { nameOf, parentOf, ROOT, type VfsPath } from '../../path.ts';
import { hasCode } from '../shared/foreign/index.ts';
import { openDirectoryPlace, placeOf, statDescriptor } from './descriptors.ts';
import { Directory } from './directory.ts';
import { keyOf, notServed } from './host-stats.ts';

/** Paths longer than this have no place that the kernel can tell: it has a page for it. */
const PLACE_MAX = 3500;

/**
 * Finds directories by walking down from the root, one name at a time, each relative to the one above it that is open
 * already, and through no symlink: whatever others do to the tree meanwhile, it ends in it or fails.
 *
 * The last few directories are kept open. Before one is used again the kernel says where it is now: only at the path
 * that is asked for, and so still below the root, is it the same. Cost of a directory that is kept: some 8 µs.
 */
export class DirectoryTree {
  readonly #root: Directory;
  readonly #device: bigint;
  readonly #crossMounts: boolean;
  readonly #keep: number;
  /** The least recently used first. */
  readonly #kept = new Map<VfsPath, Directory>();

  constructor(
    root: Directory,
    device: bigint,
    options: { readonly crossMounts: boolean; readonly keep: number },
  ) {
    this.#root = root;
    this.#device = device;
    this.#crossMounts = options.crossMounts;
    this.#keep = options.keep;
  }

  get root(): Directory {
    return this.#root;
  }

  /** Works in a directory while it is held open. `ENOENT`, `ENOTDIR`, `ELOOP`; `EACCES` for a mount point. */
  async within<T>(path: VfsPath, work: (directory: Directory) => Promise<T>): Promise<T> {
    const directory = await this.#find(path);
    try {
      return await work(directory);
    } finally {
      await directory.release();
    }
  }

  /** False for a directory of another file system that is mounted in the tree. */
  isOnDevice(device: bigint): boolean {
    return this.#crossMounts || device === this.#device;
  }

  /** Lets go of a directory that was removed. */
  async forget(path: VfsPath): Promise<void> {
    const directory = this.#kept.get(path);
    this.#kept.delete(path);
    await directory?.release();
  }

  async close(): Promise<void> {
    const all = [...this.#kept.values(), this.#root];
    this.#kept.clear();
    await Promise.all(all.map((directory) => directory.release()));
  }

  async #find(path: VfsPath): Promise<Directory> {
    const missing: VfsPath[] = [];
    let above = path;
    let directory = await this.#keptAt(above);
    while (directory === undefined) {
      missing.push(above);
      above = parentOf(above);
      directory = await this.#keptAt(above);
    }
    for (const next of missing.toReversed()) {
      const parent = directory;
      try {
        directory = await this.#enter(parent, next);
      } finally {
        await parent.release();
      }
    }
    return directory;
  }

  /** The root, or a directory that is kept and still where it was. */
  async #keptAt(path: VfsPath): Promise<Directory | undefined> {
    if (path === ROOT) return this.#root.share();
    const directory = this.#kept.get(path);
    if (directory === undefined) return undefined;
    this.#kept.delete(path);
    if (!this.#isAt(directory, path)) {
      await directory.release();
      return undefined;
    }
    this.#kept.set(path, directory);
    return directory.share();
  }

  #isAt(directory: Directory, path: VfsPath): boolean {
    const root = placeOf(this.#root.fd);
    const above = root.equals(SLASH) ? [] : [root];
    return placeOf(directory.fd).equals(Buffer.concat([...above, encodeText(path)]));
  }

  async #enter(above: Directory, path: VfsPath): Promise<Directory> {
    const entry = above.entry(nameOf(path));
    const handle = await openDirectoryPlace(entry).catch((error: unknown) => whyNot(entry, error));
    const directory = await this.#checked(handle);
    await this.#keepOpen(path, directory);
    return directory;
  }

  async #checked(handle: FileHandle): Promise<Directory> {
    try {
      const stats = await statDescriptor(handle);
      if (!this.isOnDevice(stats.dev)) throw notServed();
      return new Directory(handle, keyOf(stats));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #keepOpen(path: VfsPath, directory: Directory): Promise<void> {
    // The kernel marks the place of a removed directory with this word: a name that ends so could be taken for it.
    if (this.#keep === 0 || path.length > PLACE_MAX || path.endsWith(' (deleted)')) return;
    await this.forget(path);
    this.#kept.set(path, directory.share());
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#keep && oldest !== undefined) await this.forget(oldest);
  }
}

const SLASH = Buffer.from('/');

/** The kernel says `ENOTDIR` for a symlink too. */
async function whyNot(entry: Buffer, error: unknown): Promise<never> {
  if (!hasCode(error, 'ENOTDIR')) throw error;
  const stats = await lstat(entry);
  throw new VfsError(stats.isSymbolicLink() ? 'ELOOP' : 'ENOTDIR');
}
