import type { CallContext, OpName, VfsBackend } from './backend.ts';
import { namedError } from './backends/shared/named-error.ts';
import { isVfsError, VfsError } from './errors.ts';
import { copyFile } from './file-storage/copy-file.ts';
import { decode, encode, type Encoding } from './file-storage/encodings.ts';
import { readToEnd, writeAll } from './file-storage/file-content.ts';
import { FileHandle } from './file-storage/file-handle.ts';
import {
  directoryItem,
  fileStats,
  fileSystemStats,
  type DirectoryItem,
  type FileStats,
  type FileSystemStats,
} from './file-storage/file-stats.ts';
import { entriesOf } from './extensions/entries.ts';
import { entriesBelow, type Listed } from './file-storage/list.ts';
import { makeDirectories } from './file-storage/make-directories.ts';
import { constants, fileFlags } from './file-storage/open-flags.ts';
import {
  optionsOf,
  type FileStorageOptions,
  type ListOptions,
  type MakeDirectoryOptions,
  type ReadFileOptions,
  type WriteFileOptions,
} from './file-storage/options.ts';
import { pathOf, type PathLike } from './file-storage/paths.ts';
import { remove, type RemoveOptions } from './file-storage/remove-tree.ts';
import { timestampOf, type TimeLike } from './file-storage/times.ts';
import { stack } from './layer.ts';
import { resolvePaths } from './middleware/resolve-paths.ts';
import { decodeText } from './names.ts';
import type { VfsPath } from './path.ts';
import type { StatsChange } from './stats.ts';

declare const marker: unique symbol;

/**
 * A storage with the face of `node:fs/promises`, for programs and libraries that take such an object. Errors are
 * `VfsError`s with Node's `code`, `syscall` and `path`; paths are text, bytes or URLs, a relative one from the root.
 *
 * `M` keeps storages of different kinds apart in the types and means nothing at run time. No policy is in here: what
 * the stack below allows is allowed.
 */
export class FileStorage<M = unknown> {
  declare readonly [marker]: M;
  readonly constants = constants;
  readonly #backend: VfsBackend;
  /** What takes canonical paths without following links: below our own resolution. */
  readonly #below: VfsBackend;
  readonly #context: CallContext;
  readonly #following: CallContext;
  readonly #umask: number;

  constructor(
    backend: VfsBackend,
    { context = {}, resolved = false, umask = 0o022 }: FileStorageOptions = {},
  ) {
    this.#backend = resolved ? backend : stack(backend, resolvePaths());
    this.#below = backend;
    this.#context = context;
    this.#following = { ...context, follow: true };
    this.#umask = umask;
  }

  readFile(path: PathLike, options?: null | ReadFileOptions<null | undefined>): Promise<Uint8Array>;
  readFile(path: PathLike, options: Encoding | ReadFileOptions<Encoding>): Promise<string>;
  readFile(path: PathLike, options?: Encoding | null | ReadFileOptions): Promise<string | Uint8Array> {
    const { encoding, flag = 'r' }: ReadFileOptions = optionsOf(options);
    return this.#run('read', path, async (checked) => {
      const { open } = fileFlags(flag);
      const handle = await this.#backend.open(checked, open, 0o666 & ~this.#umask, this.#context);
      try {
        return decode(await readToEnd(this.#backend, handle, 0, this.#context), encoding);
      } finally {
        await this.#backend.close(handle, this.#context);
      }
    });
  }

  /** Makes or replaces a file. */
  writeFile(
    path: PathLike,
    data: string | Uint8Array,
    options?: Encoding | null | WriteFileOptions,
  ): Promise<void> {
    const { encoding, mode = 0o666, flag = 'w', flush = false }: WriteFileOptions = optionsOf(options);
    return this.#run('write', path, async (checked) => {
      const bytes = encode(data, encoding);
      const { open, append } = fileFlags(flag);
      const handle = await this.#backend.open(checked, open, mode & ~this.#umask, this.#context);
      try {
        await writeAll(this.#backend, handle, append ? 'end' : 0, bytes, this.#context);
        if (flush) await this.#backend.fsync(handle, this.#context);
      } finally {
        await this.#backend.close(handle, this.#context);
      }
    });
  }

  appendFile(
    path: PathLike,
    data: string | Uint8Array,
    options?: Encoding | null | WriteFileOptions,
  ): Promise<void> {
    return this.writeFile(path, data, { flag: 'a', ...optionsOf<WriteFileOptions>(options) });
  }

  /** Opens a file with Node's flags: `'r'`, `'r+'`, `'w'`, `'wx'`, `'a'`, …. */
  open(path: PathLike, flags: string | number = 'r', mode = 0o666): Promise<FileHandle> {
    return this.#run('open', path, async (checked) => {
      const { open, append } = fileFlags(flags);
      const handle = await this.#backend.open(checked, open, mode & ~this.#umask, this.#context);
      return new FileHandle({
        backend: this.#backend,
        handle,
        path: checked,
        append,
        context: this.#context,
      });
    });
  }

  stat(path: PathLike): Promise<FileStats> {
    return this.#run('lstat', path, async (checked) =>
      fileStats(await this.#backend.lstat(checked, this.#following)),
    );
  }

  lstat(path: PathLike): Promise<FileStats> {
    return this.#run('lstat', path, async (checked) =>
      fileStats(await this.#backend.lstat(checked, this.#context)),
    );
  }

  readdir(
    path: PathLike,
    options?: Encoding | null | (ListOptions & { readonly withFileTypes?: false | undefined }),
  ): Promise<string[]>;
  readdir(path: PathLike, options: ListOptions & { readonly withFileTypes: true }): Promise<DirectoryItem[]>;
  /** In the order of the names' bytes; with `recursive` also what is below, each directory before what it holds. */
  readdir(path: PathLike, options?: Encoding | null | ListOptions): Promise<string[] | DirectoryItem[]> {
    const { withFileTypes = false, recursive = false }: ListOptions = optionsOf(options);
    return this.#run('readdir', path, async (checked) => {
      const listed = recursive ? entriesBelow(this.#backend, checked, this.#context) : this.#entries(checked);
      const names: string[] = [];
      const items: DirectoryItem[] = [];
      for await (const one of listed) {
        if (withFileTypes) items.push(itemOf(checked, one));
        else names.push(one.prefix + one.entry.name);
      }
      return withFileTypes ? items : names;
    });
  }

  mkdir(
    path: PathLike,
    options: { readonly recursive: true; readonly mode?: number },
  ): Promise<string | undefined>;
  mkdir(
    path: PathLike,
    options?: number | { readonly recursive?: boolean; readonly mode?: number },
  ): Promise<undefined>;
  /** With `recursive`, answers the first directory that was made, and one that is there is no error. */
  mkdir(path: PathLike, options: number | MakeDirectoryOptions = {}): Promise<string | undefined> {
    const { recursive = false, mode = 0o777 } = typeof options === 'number' ? { mode: options } : options;
    const bits = mode & ~this.#umask;
    return this.#run('mkdir', path, async (checked) => {
      if (recursive) return makeDirectories(this.#backend, checked, bits, this.#context);
      await this.#backend.mkdir(checked, bits, this.#context);
      return undefined;
    });
  }

  rmdir(path: PathLike): Promise<void> {
    return this.#run('rmdir', path, (checked) => this.#backend.rmdir(checked, this.#context));
  }

  /** Removes a file or, with `recursive`, a tree; never what a symlink leads to, though one is swapped in meanwhile. */
  rm(path: PathLike, options: RemoveOptions = {}): Promise<void> {
    return this.#run('unlink', path, async (checked) => {
      try {
        const { path: real } = await this.#backend.resolve(checked, 'keep', this.#context);
        await remove(this.#below, real, options, this.#context);
      } catch (error) {
        if (options.force !== true || !isVfsError(error, 'ENOENT')) throw error;
      }
    });
  }

  unlink(path: PathLike): Promise<void> {
    return this.#run('unlink', path, (checked) => this.#backend.unlink(checked, this.#context));
  }

  /** Replaces what has the new name, as POSIX does. */
  rename(from: PathLike, to: PathLike): Promise<void> {
    return this.#run('rename', from, (checked) =>
      this.#backend.rename(checked, pathOf(to), { replace: true }, this.#context),
    );
  }

  /** Copies content and mode. With `constants.COPYFILE_EXCL` the target must not exist. */
  copyFile(from: PathLike, to: PathLike, mode = 0): Promise<void> {
    const exclusive = (mode & constants.COPYFILE_EXCL) !== 0;
    return this.#run('copyRange', from, (checked) =>
      copyFile(this.#backend, checked, pathOf(to), exclusive, this.#context),
    );
  }

  /** A second name for the file; a symlink gets one itself. */
  link(existing: PathLike, path: PathLike): Promise<void> {
    return this.#run('link', existing, (checked) => this.#backend.link(checked, pathOf(path), this.#context));
  }

  symlink(target: string | Uint8Array, path: PathLike, _type?: string | null): Promise<void> {
    return this.#run('symlink', path, (checked) => {
      const text = typeof target === 'string' ? target : decodeText(target);
      return this.#backend.symlink(text, checked, this.#context);
    });
  }

  readlink(path: PathLike): Promise<string> {
    return this.#run('readlink', path, (checked) => this.#backend.readlink(checked, this.#context));
  }

  /** The canonical path of what the path leads to, which must exist. */
  realpath(path: PathLike): Promise<string> {
    return this.#run('resolve', path, async (checked) => {
      const found = await this.#backend.resolve(checked, 'follow', this.#context);
      if (found.stats === undefined) throw new VfsError('ENOENT', { op: 'resolve', path: checked });
      return found.path;
    });
  }

  chmod(path: PathLike, mode: number): Promise<void> {
    return this.#change(path, () => ({ mode }), this.#following);
  }

  chown(path: PathLike, uid: number, gid: number): Promise<void> {
    return this.#change(path, () => ({ uid, gid }), this.#following);
  }

  lchown(path: PathLike, uid: number, gid: number): Promise<void> {
    return this.#change(path, () => ({ uid, gid }), this.#context);
  }

  utimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Promise<void> {
    return this.#change(path, () => timesOf(atime, mtime), this.#following);
  }

  lutimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Promise<void> {
    return this.#change(path, () => timesOf(atime, mtime), this.#context);
  }

  truncate(path: PathLike, length = 0): Promise<void> {
    return this.#change(path, () => ({ size: length }), this.#following);
  }

  /** Whether the path leads to something. The mode is not asked: permissions are the stack's own affair. */
  access(path: PathLike, _mode: number = constants.F_OK): Promise<void> {
    return this.#run('lstat', path, async (checked) => {
      await this.#backend.lstat(checked, this.#following);
    });
  }

  /** False as well where the way to it is barred. */
  async exists(path: PathLike): Promise<boolean> {
    try {
      await this.access(path);
      return true;
    } catch {
      return false;
    }
  }

  statfs(path: PathLike = '/'): Promise<FileSystemStats> {
    return this.#run('statfs', path, async () => fileSystemStats(await this.#backend.statfs(this.#context)));
  }

  async *#entries(path: VfsPath): AsyncGenerator<Listed> {
    for await (const entry of entriesOf(this.#backend, path, this.#context)) yield { entry, prefix: '' };
  }

  #change(path: PathLike, change: () => StatsChange, ctx: CallContext): Promise<void> {
    return this.#run('setstat', path, (checked) => this.#backend.setstat(checked, change(), ctx));
  }

  /** Errors say the operation and the path, also where they come from a handle or from the arguments. */
  async #run<T>(op: OpName, path: PathLike, act: (checked: VfsPath) => Promise<T>): Promise<T> {
    let checked: VfsPath | undefined;
    try {
      checked = pathOf(path);
      return await act(checked);
    } catch (error) {
      throw namedError(error, op, checked);
    }
  }
}

function timesOf(atime: TimeLike, mtime: TimeLike): StatsChange {
  return { atime: timestampOf(atime), mtime: timestampOf(mtime) };
}

function itemOf(listed: VfsPath, { entry, prefix }: Listed): DirectoryItem {
  const parent = prefix === '' ? listed : `${listed.replace(/\/$/, '')}/${prefix.slice(0, -1)}`;
  return directoryItem(entry.name, parent, entry.stats.type);
}
