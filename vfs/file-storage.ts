import type { CallContext, Handle, OpenFlags, VfsBackend } from './backend.ts';
import { aBackend, checked } from './checks.ts';
import { VfsError, isVfsError } from './errors.ts';
import { checkAccess } from './file-storage/access.ts';
import { copyAny, type CopyOptions } from './file-storage/copy-any.ts';
import { copyFile } from './file-storage/copy-file.ts';
import { bytesOf, piecesOf, type Content, type FileData } from './file-storage/data.ts';
import { Directory } from './file-storage/directory.ts';
import { checkEncoding, decode, nameAs, type Encoding, type NameEncoding } from './file-storage/encodings.ts';
import { readToEnd, writeAll } from './file-storage/file-content.ts';
import { FileHandle } from './file-storage/file-handle.ts';
import {
  directoryItem,
  fileSystemStats,
  statsFor,
  type BigFileStats,
  type DirectoryItem,
  type FileStats,
  type FileSystemStats,
  type StatOptions,
} from './file-storage/file-stats.ts';
import { sinkOf, sourceOf } from './file-storage/file-streams.ts';
import { globbed, type GlobOptions } from './file-storage/glob.ts';
import { entriesBelow, type Listed } from './file-storage/list.ts';
import { makeDirectories } from './file-storage/make-directories.ts';
import { makeTemporaryDirectory } from './file-storage/make-temporary-directory.ts';
import { modeOf, type Mode } from './file-storage/modes.ts';
import { constants, fileFlags } from './file-storage/open-flags.ts';
import {
  optionsOf,
  type FileStorageOptions,
  type ListOptions,
  type MakeDirectoryOptions,
  type NameOptions,
  type OpenDirectoryOptions,
  type ReadFileOptions,
  type ReadFileStreamOptions,
  type WriteFileOptions,
  type WriteFileStreamOptions,
} from './file-storage/options.ts';
import { pathOf, textOf, type PathLike } from './file-storage/paths.ts';
import type { Platform, PlatformFunctions } from './file-storage/platform.ts';
import { remove, type RemoveOptions } from './file-storage/remove-tree.ts';
import { naming, storageError, type Naming } from './file-storage/storage-error.ts';
import { timestampOf, type TimeLike } from './file-storage/times.ts';
import { watchedChanges, type WatchEvent, type WatchOptions } from './file-storage/watch.ts';
import { webPlatform, type WebPlatform } from './file-storage/web-platform.ts';
import { stack } from './layer.ts';
import { changeFeed, type ChangeFeed } from './middleware/changes.ts';
import { resolvePaths } from './middleware/resolve-paths.ts';
import { decodeText } from './names.ts';
import type { VfsPath } from './path.ts';
import type { StatsChange } from './stats.ts';

declare const marker: unique symbol;

type NamesAlone = { readonly withFileTypes?: false | undefined };

/**
 * A storage with the face of `node:fs/promises`, for programs and libraries that take such an object. Errors are
 * `VfsError`s with Node's `code`, `errno`, `syscall`, `path` and `dest`, and messages that read like Node's; a call that
 * its signal ends fails with the signal's reason. Paths are text, bytes or URLs, a relative one from the root.
 *
 * `M` keeps storages of different kinds apart in the types and means nothing at run time; `P` says what bytes and
 * streams are: those of every JavaScript runtime, unless another platform is given. No policy is in here: what the stack
 * below allows is allowed.
 */
export class FileStorage<M = unknown, P extends Platform = WebPlatform> {
  declare readonly [marker]: M;
  readonly constants = constants;
  readonly #backend: VfsBackend;
  /** What takes canonical paths without following links: below our own resolution. */
  readonly #below: VfsBackend;
  readonly #context: CallContext;
  readonly #following: CallContext;
  readonly #umask: number;
  readonly #changes: ChangeFeed | undefined;
  readonly #platform: PlatformFunctions<P>;

  constructor(backend: VfsBackend, options: FileStorageOptions<P> = {}) {
    checked(backend, 'backend', aBackend);
    const { context = {}, resolved = false, umask = 0o022, changes, platform } = options;
    // A feed of our own must stand below path resolution, and so not on a stack that resolves.
    const own = changes === undefined && !resolved ? changeFeed() : undefined;
    this.#below = own === undefined ? backend : stack(backend, own.layer);
    this.#backend = resolved ? backend : stack(this.#below, resolvePaths());
    this.#changes = changes ?? own;
    this.#context = context;
    this.#following = { ...context, follow: true };
    this.#umask = umask;
    // `P` is another one only where its functions are given.
    this.#platform = platform ?? (webPlatform as unknown as PlatformFunctions<P>);
  }

  // ---- Content ----

  readFile(
    path: PathLike | FileHandle<P>,
    options?: null | ReadFileOptions<null | undefined>,
  ): Promise<P['bytes']>;
  readFile(path: PathLike | FileHandle<P>, options: Encoding | ReadFileOptions<Encoding>): Promise<string>;
  readFile(
    path: PathLike | FileHandle<P>,
    options?: Encoding | null | ReadFileOptions,
  ): Promise<string | P['bytes']>;
  readFile(
    path: PathLike | FileHandle<P>,
    options?: Encoding | null | ReadFileOptions,
  ): Promise<string | P['bytes']> {
    if (path instanceof FileHandle) return path.readFile(options);
    const { encoding, flag = 'r', signal }: ReadFileOptions = optionsOf(options);
    return this.#run({ signal }, path, async (checked) => {
      checkEncoding(encoding);
      const { open } = fileFlags(flag);
      const ctx = this.#until(signal);
      const handle = await this.#backend.open(checked, open, 0o666 & ~this.#umask, ctx);
      try {
        const bytes = await readToEnd(this.#backend, handle, 0, ctx);
        const asBytes = encoding === null || encoding === undefined;
        return asBytes ? this.#platform.bytes(bytes) : decode(bytes, encoding);
      } finally {
        await this.#backend.close(handle, this.#context);
      }
    });
  }

  /** Makes or replaces a file with text, bytes, or what an iterable gives of them. */
  writeFile(
    path: PathLike | FileHandle<P>,
    data: FileData,
    options?: Encoding | null | WriteFileOptions,
  ): Promise<void> {
    if (path instanceof FileHandle) return path.writeFile(data, options);
    const {
      encoding,
      mode = 0o666,
      flag = 'w',
      flush = false,
      signal,
    }: WriteFileOptions = optionsOf(options);
    return this.#run({ signal }, path, async (checked) => {
      checkEncoding(encoding);
      const { open, append } = fileFlags(flag);
      const ctx = this.#until(signal);
      const handle = await this.#backend.open(checked, open, modeOf(mode) & ~this.#umask, ctx);
      try {
        let position = 0;
        for await (const piece of piecesOf(data, encoding)) {
          await writeAll(this.#backend, handle, append ? 'end' : position, piece, ctx);
          position += piece.length;
        }
        if (flush) await this.#backend.fsync(handle, this.#context);
      } finally {
        await this.#backend.close(handle, this.#context);
      }
    });
  }

  appendFile(
    path: PathLike | FileHandle<P>,
    data: FileData,
    options?: Encoding | null | WriteFileOptions,
  ): Promise<void> {
    return this.writeFile(path, data, { flag: 'a', ...optionsOf<WriteFileOptions>(options) });
  }

  /** Opens a file with Node's flags: `'r'`, `'r+'`, `'w'`, `'wx'`, `'a'`, … or numbers. */
  open(path: PathLike, flags: string | number = 'r', mode: Mode = 0o666): Promise<FileHandle<P>> {
    return this.#run({ syscall: 'open' }, path, async (checked) => {
      const { open, append, noFollow = false, directory = false } = fileFlags(flags);
      const bits = modeOf(mode) & ~this.#umask;
      const handle = noFollow
        ? await this.#openKept(checked, open, bits)
        : await this.#backend.open(checked, open, bits, this.#context);
      const file = new FileHandle({
        backend: this.#backend,
        handle,
        path: textOf(path),
        append,
        context: this.#context,
        platform: this.#platform,
      });
      if (!directory || (await file.stat()).isDirectory()) return file;
      await file.close();
      throw new VfsError('ENOTDIR');
    });
  }

  /** A stream of the platform's; it opens the file, and closes it at its end. Errors are the stream's. */
  createReadStream(path: PathLike, options?: Encoding | null | ReadFileStreamOptions): P['readable'] {
    const given: ReadFileStreamOptions = optionsOf(options);
    const opening = (): Promise<FileHandle<P>> => this.open(path, given.flags, given.mode);
    return this.#platform.readable(sourceOf(textOf(path), opening, given), given);
  }

  /** A stream of the platform's; it makes or replaces the file, and closes it at its end. Errors are the stream's. */
  createWriteStream(path: PathLike, options?: Encoding | null | WriteFileStreamOptions): P['writable'] {
    const given: WriteFileStreamOptions = optionsOf(options);
    const opening = (): Promise<FileHandle<P>> => this.open(path, given.flags ?? 'w', given.mode);
    return this.#platform.writable(sinkOf(textOf(path), opening, given), given);
  }

  truncate(path: PathLike, length: number | null = 0): Promise<void> {
    const size = Math.max(0, length ?? 0);
    return this.#change('open', path, () => ({ size }), this.#following);
  }

  /** Copies content and mode. With `constants.COPYFILE_EXCL` the target must not exist. */
  copyFile(from: PathLike, to: PathLike, mode = 0): Promise<void> {
    const exclusive = (mode & constants.COPYFILE_EXCL) !== 0;
    return this.#run({ syscall: 'copyfile' }, from, (checked) =>
      this.#naming(to, () => copyFile(this.#backend, checked, pathOf(to), exclusive, this.#context)),
    );
  }

  /** Copies a file, a symlink, or with `recursive` a tree. */
  cp(from: PathLike, to: PathLike, options: CopyOptions = {}): Promise<void> {
    return this.#run({ isTree: true }, from, (checked) =>
      copyAny(this.#backend, checked, pathOf(to), options, this.#context),
    );
  }

  // ---- Attributes ----

  stat(path: PathLike, options?: StatOptions & { readonly bigint?: false | undefined }): Promise<FileStats>;
  stat(path: PathLike, options: StatOptions & { readonly bigint: true }): Promise<BigFileStats>;
  stat(path: PathLike, options?: StatOptions): Promise<FileStats | BigFileStats>;
  stat(path: PathLike, options?: StatOptions): Promise<FileStats | BigFileStats> {
    return this.#run({ syscall: 'stat' }, path, async (checked) =>
      statsFor(await this.#backend.lstat(checked, this.#following), options),
    );
  }

  lstat(path: PathLike, options?: StatOptions & { readonly bigint?: false | undefined }): Promise<FileStats>;
  lstat(path: PathLike, options: StatOptions & { readonly bigint: true }): Promise<BigFileStats>;
  lstat(path: PathLike, options?: StatOptions): Promise<FileStats | BigFileStats>;
  lstat(path: PathLike, options?: StatOptions): Promise<FileStats | BigFileStats> {
    return this.#run({ syscall: 'lstat' }, path, async (checked) =>
      statsFor(await this.#backend.lstat(checked, this.#context), options),
    );
  }

  chmod(path: PathLike, mode: Mode): Promise<void> {
    return this.#change('chmod', path, () => ({ mode: modeOf(mode) }), this.#following);
  }

  chown(path: PathLike, uid: number, gid: number): Promise<void> {
    return this.#change('chown', path, () => ({ uid, gid }), this.#following);
  }

  lchown(path: PathLike, uid: number, gid: number): Promise<void> {
    return this.#change('lchown', path, () => ({ uid, gid }), this.#context);
  }

  utimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Promise<void> {
    return this.#change('utime', path, () => timesOf(atime, mtime), this.#following);
  }

  lutimes(path: PathLike, atime: TimeLike, mtime: TimeLike): Promise<void> {
    return this.#change('lutime', path, () => timesOf(atime, mtime), this.#context);
  }

  /** Whether the path leads to something. Of the mode only what holds for everybody is asked; the rest is the stack's affair. */
  access(path: PathLike, mode: number = constants.F_OK): Promise<void> {
    return this.#run({ syscall: 'access' }, path, (checked) =>
      checkAccess(this.#backend, checked, mode, this.#context),
    );
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

  statfs(
    path?: PathLike,
    options?: StatOptions & { readonly bigint?: false | undefined },
  ): Promise<FileSystemStats>;
  statfs(path: PathLike, options: StatOptions & { readonly bigint: true }): Promise<FileSystemStats<bigint>>;
  statfs(path: PathLike = '/', options?: StatOptions): Promise<FileSystemStats<number | bigint>> {
    return this.#run({ syscall: 'statfs' }, path, async (checked) => {
      await this.#backend.lstat(checked, this.#following);
      return fileSystemStats(await this.#backend.statfs(this.#context), options);
    });
  }

  /** The value of an extended attribute. `ENODATA` without such a name, `ENOTSUP` where a storage has none. */
  getxattr(path: PathLike, name: string): Promise<P['bytes']> {
    return this.#run({ syscall: 'getxattr' }, path, async (checked) =>
      this.#platform.bytes(await this.#backend.getxattr(checked, name, this.#following)),
    );
  }

  /** Sets an extended attribute (`user.…`); `create`: `EEXIST` where it is there, `replace`: `ENODATA` where it is not. */
  setxattr(
    path: PathLike,
    name: string,
    value: Content,
    mode: 'set' | 'create' | 'replace' = 'set',
  ): Promise<void> {
    return this.#run({ syscall: 'setxattr' }, path, (checked) =>
      this.#backend.setxattr(checked, name, bytesOf(value), mode, this.#following),
    );
  }

  /** The names of all extended attributes, in the order of their bytes. */
  listxattr(path: PathLike): Promise<string[]> {
    return this.#run({ syscall: 'listxattr' }, path, (checked) =>
      this.#backend.listxattr(checked, this.#following),
    );
  }

  removexattr(path: PathLike, name: string): Promise<void> {
    return this.#run({ syscall: 'removexattr' }, path, (checked) =>
      this.#backend.removexattr(checked, name, this.#following),
    );
  }

  // ---- Names ----

  readdir(
    path: PathLike,
    options?: Encoding | null | (ListOptions<Encoding | null | undefined> & NamesAlone),
  ): Promise<string[]>;
  readdir(
    path: PathLike,
    options: ListOptions<Encoding | null | undefined> & { readonly withFileTypes: true },
  ): Promise<DirectoryItem[]>;
  readdir(path: PathLike, options: 'buffer' | (ListOptions<'buffer'> & NamesAlone)): Promise<P['bytes'][]>;
  readdir(
    path: PathLike,
    options: ListOptions<'buffer'> & { readonly withFileTypes: true },
  ): Promise<DirectoryItem<P['bytes']>[]>;
  /** In the order of the names' bytes; with `recursive` also what is below, each directory before what it holds. */
  readdir(
    path: PathLike,
    options?: NameEncoding | null | ListOptions,
  ): Promise<(string | P['bytes'])[] | DirectoryItem<string | P['bytes']>[]> {
    const { withFileTypes = false, recursive = false, encoding }: ListOptions = optionsOf(options);
    return this.#run({}, path, async (checked) => {
      checkEncoding(encoding);
      const names: (string | P['bytes'])[] = [];
      const items: DirectoryItem<string | P['bytes']>[] = [];
      for await (const one of entriesBelow(this.#backend, checked, recursive, this.#context)) {
        if (withFileTypes) items.push(this.#itemOf(textOf(path), one, encoding));
        else names.push(this.#nameAs(one.prefix + one.entry.name, encoding));
      }
      return withFileTypes ? items : names;
    });
  }

  /** Opens a directory, to take its entries one after the other. */
  opendir(path: PathLike, options?: Encoding | null | OpenDirectoryOptions): Promise<Directory> {
    const { recursive = false, encoding }: OpenDirectoryOptions = optionsOf(options);
    return this.#run({ syscall: 'opendir' }, path, async (checked) => {
      checkEncoding(encoding);
      const { type } = await this.#backend.lstat(checked, this.#following);
      if (type !== 'directory') throw new VfsError('ENOTDIR');
      return new Directory(textOf(path), this.#items(path, checked, recursive, encoding));
    });
  }

  mkdir(
    path: PathLike,
    options: MakeDirectoryOptions & { readonly recursive: true },
  ): Promise<string | undefined>;
  mkdir(
    path: PathLike,
    options?: Mode | null | (MakeDirectoryOptions & { readonly recursive?: false | undefined }),
  ): Promise<void>;
  mkdir(path: PathLike, options?: Mode | null | MakeDirectoryOptions): Promise<string | undefined>;
  /** With `recursive`, answers the first directory that was made, and one that is there is no error. */
  mkdir(path: PathLike, options?: Mode | null | MakeDirectoryOptions): Promise<string | undefined | void> {
    const { recursive = false, mode }: MakeDirectoryOptions =
      typeof options === 'object' && options !== null ? options : { mode: options };
    return this.#run({ syscall: 'mkdir' }, path, async (checked) => {
      const bits = modeOf(mode ?? 0o777) & ~this.#umask;
      if (recursive) return makeDirectories(this.#backend, checked, bits, this.#context);
      await this.#backend.mkdir(checked, bits, this.#context);
      return undefined;
    });
  }

  mkdtemp(
    prefix: string,
    options?: Encoding | null | NameOptions<Encoding | null | undefined>,
  ): Promise<string>;
  mkdtemp(prefix: string, options: 'buffer' | NameOptions<'buffer'>): Promise<P['bytes']>;
  /** Makes a directory whose name begins with the prefix and ends with six random letters; answers its path. */
  mkdtemp(prefix: string, options?: NameEncoding | null | NameOptions): Promise<string | P['bytes']> {
    const { encoding }: NameOptions = optionsOf(options);
    return this.#run({ syscall: 'mkdtemp' }, prefix, async (checked) => {
      checkEncoding(encoding);
      const letters = await makeTemporaryDirectory(this.#backend, checked, this.#context);
      return this.#nameAs(prefix + letters, encoding);
    });
  }

  rmdir(path: PathLike): Promise<void> {
    return this.#run({ syscall: 'rmdir' }, path, (checked) => this.#backend.rmdir(checked, this.#context));
  }

  /** Removes a file or, with `recursive`, a tree; never what a symlink leads to, though one is swapped in meanwhile. */
  rm(path: PathLike, options: RemoveOptions = {}): Promise<void> {
    return this.#run({ isTree: true }, path, async (checked) => {
      try {
        await remove(this.#below, await this.#kept(checked), options, this.#context);
      } catch (error) {
        if (options.force !== true || !isVfsError(error, 'ENOENT')) throw error;
      }
    });
  }

  unlink(path: PathLike): Promise<void> {
    return this.#run({ syscall: 'unlink' }, path, (checked) => this.#backend.unlink(checked, this.#context));
  }

  /** Replaces what has the new name, as POSIX does. */
  rename(from: PathLike, to: PathLike): Promise<void> {
    return this.#run({ syscall: 'rename' }, from, (checked) =>
      this.#naming(to, () => this.#backend.rename(checked, pathOf(to), { replace: true }, this.#context)),
    );
  }

  /** A second name for the file; a symlink gets one itself. */
  link(existing: PathLike, path: PathLike): Promise<void> {
    return this.#run({ syscall: 'link' }, existing, (checked) =>
      this.#naming(path, () => this.#backend.link(checked, pathOf(path), this.#context)),
    );
  }

  symlink(target: PathLike, path: PathLike, _type?: string | null): Promise<void> {
    return naming({ syscall: 'symlink', path: targetText(target) }, () =>
      this.#naming(path, () => this.#backend.symlink(targetText(target), pathOf(path), this.#context)),
    );
  }

  readlink(
    path: PathLike,
    options?: Encoding | null | NameOptions<Encoding | null | undefined>,
  ): Promise<string>;
  readlink(path: PathLike, options: 'buffer' | NameOptions<'buffer'>): Promise<P['bytes']>;
  readlink(path: PathLike, options?: NameEncoding | null | NameOptions): Promise<string | P['bytes']> {
    const { encoding }: NameOptions = optionsOf(options);
    return this.#run({ syscall: 'readlink' }, path, async (checked) => {
      checkEncoding(encoding);
      return this.#nameAs(await this.#backend.readlink(checked, this.#context), encoding);
    });
  }

  realpath(
    path: PathLike,
    options?: Encoding | null | NameOptions<Encoding | null | undefined>,
  ): Promise<string>;
  realpath(path: PathLike, options: 'buffer' | NameOptions<'buffer'>): Promise<P['bytes']>;
  /** The canonical path of what the path leads to, which must exist. */
  realpath(path: PathLike, options?: NameEncoding | null | NameOptions): Promise<string | P['bytes']> {
    const { encoding }: NameOptions = optionsOf(options);
    return this.#run({ syscall: 'realpath' }, path, async (checked) => {
      checkEncoding(encoding);
      return this.#nameAs(await this.#existing(checked), encoding);
    });
  }

  glob(
    pattern: string | readonly string[],
    options: GlobOptions & { readonly withFileTypes: true },
  ): AsyncGenerator<DirectoryItem, undefined>;
  glob(
    pattern: string | readonly string[],
    options?: GlobOptions & { readonly withFileTypes?: false | undefined },
  ): AsyncGenerator<string, undefined>;
  /** What one of the patterns matches; symlinks are matched and not entered. */
  async *glob(
    pattern: string | readonly string[],
    options: GlobOptions = {},
  ): AsyncGenerator<string | DirectoryItem, undefined> {
    const patterns = typeof pattern === 'string' ? [pattern] : pattern;
    const cwd = options.cwd ?? '/';
    try {
      const directory = await this.#existing(pathOf(cwd));
      for await (const { path, item } of globbed(
        this.#backend,
        patterns,
        directory,
        options,
        this.#context,
      )) {
        yield options.withFileTypes === true ? item : path;
      }
    } catch (error) {
      throw storageError(error, { isTree: true });
    }
    return undefined;
  }

  watch(path: PathLike, options?: Encoding | null | WatchOptions): AsyncGenerator<WatchEvent, undefined>;
  watch(
    path: PathLike,
    options: 'buffer' | WatchOptions<'buffer'>,
  ): AsyncGenerator<WatchEvent<P['bytes']>, undefined>;
  /** What changes through this object, or as the feed that it was made with hears, from the first call of `next` on. */
  async *watch(
    path: PathLike,
    options?: NameEncoding | null | WatchOptions<NameEncoding | null | undefined>,
  ): AsyncGenerator<WatchEvent<string | P['bytes']>, undefined> {
    const given: WatchOptions<NameEncoding | null | undefined> = optionsOf(options);
    const { signal, encoding } = given;
    try {
      checkEncoding(encoding);
      if (this.#changes === undefined) {
        const detail =
          'a FileStorage on a stack that resolves paths hears changes only from a feed that it is given';
        throw new VfsError('ENOTSUP', { detail });
      }
      const watched = await this.#existing(pathOf(path));
      for await (const { eventType, filename } of watchedChanges(this.#changes, watched, given))
        yield { eventType, filename: this.#nameAs(filename, encoding) };
    } catch (error) {
      throw storageError(error, { syscall: 'watch', path: textOf(path), signal });
    }
    return undefined;
  }

  /** The canonical path of what a path leads to. `ENOENT` where that is nothing. */
  async #existing(path: VfsPath): Promise<VfsPath> {
    const found = await this.#backend.resolve(path, 'follow', this.#context);
    if (found.stats === undefined) throw new VfsError('ENOENT', { op: 'resolve', path });
    return found.path;
  }

  /** A symlink at the end is `ELOOP`, or `EEXIST`, as with `O_NOFOLLOW`; also on a stack that would follow it. */
  async #openKept(path: VfsPath, flags: OpenFlags, mode: number): Promise<Handle> {
    const { path: kept, stats } = await this.#backend.resolve(path, 'keep', this.#context);
    if (stats?.type === 'symlink')
      throw new VfsError(flags.create === 'exclusive' ? 'EEXIST' : 'ELOOP', { op: 'open', path });
    return this.#below.open(kept, flags, mode, this.#context);
  }

  /** The canonical path of a name, which may be a symlink's, or nothing's. */
  async #kept(path: VfsPath): Promise<VfsPath> {
    return (await this.#backend.resolve(path, 'keep', this.#context)).path;
  }

  async *#items(
    path: PathLike,
    checked: VfsPath,
    recursive: boolean,
    encoding: Encoding | null | undefined,
  ): AsyncGenerator<DirectoryItem> {
    try {
      for await (const one of entriesBelow(this.#backend, checked, recursive, this.#context)) {
        // Text, since the encoding is one of text.
        yield this.#itemOf(textOf(path), one, encoding) as DirectoryItem;
      }
    } catch (error) {
      throw storageError(error, { path: textOf(path) });
    }
  }

  #itemOf(
    listed: string,
    { entry, prefix }: Listed,
    encoding: NameEncoding | null | undefined,
  ): DirectoryItem<string | P['bytes']> {
    const parent = prefix === '' ? listed : `${listed.replace(/\/$/, '')}/${prefix.slice(0, -1)}`;
    return directoryItem(this.#nameAs(entry.name, encoding), parent, entry.stats.type);
  }

  #nameAs(name: string, encoding: NameEncoding | null | undefined): string | P['bytes'] {
    return nameAs(name, encoding, (bytes) => this.#platform.bytes(bytes));
  }

  #until(signal: AbortSignal | undefined): CallContext {
    return signal === undefined ? this.#context : { ...this.#context, signal };
  }

  #change(syscall: string, path: PathLike, change: () => StatsChange, ctx: CallContext): Promise<void> {
    return this.#run({ syscall }, path, (checked) => this.#backend.setstat(checked, change(), ctx));
  }

  /** Says the second path in what it fails with. */
  async #naming<T>(dest: PathLike, act: () => Promise<T>): Promise<T> {
    return naming({ dest: textOf(dest) }, act);
  }

  /** Errors say what Node's would, also where they come from the arguments. */
  async #run<T>(names: Naming, path: PathLike, act: (checked: VfsPath) => Promise<T>): Promise<T> {
    let text: string | undefined;
    try {
      text = textOf(path);
      return await act(pathOf(path));
    } catch (error) {
      throw storageError(error, { ...names, path: text });
    }
  }
}

function timesOf(atime: TimeLike, mtime: TimeLike): StatsChange {
  return { atime: timestampOf(atime), mtime: timestampOf(mtime) };
}

/** A symlink's text: bytes lossless, a URL as the path that it is. */
function targetText(target: PathLike): string {
  return target instanceof Uint8Array ? decodeText(target) : textOf(target);
}
