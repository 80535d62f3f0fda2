import type { BufferEncoding, FileContent, FsStat, IFileSystem } from './engine.ts';
import { unsafeBytesFromLatin1, type ByteString } from './engine.ts';
import { isVfsError, VfsError } from '../../../../vfs/errors.ts';
import { FileStorage } from '../../../../vfs/file-storage.ts';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { decodeText, encodeText } from '../../../../vfs/names.ts';
import { errorText } from '../../error-text.ts';
import { FILE_MAX } from './limits.ts';

/** A file that is not in the storage. */
export interface DeviceFile {
  read?(): Promise<Uint8Array>;
  write?(bytes: Uint8Array): Promise<void>;
}

export interface StorageFsOptions {
  readonly mount: VfsBackend;
  readonly umask: () => number;
  /** By absolute path. */
  readonly devices: ReadonlyMap<string, DeviceFile>;
  /** Commands that are found as `/bin/NAME` and `/usr/bin/NAME`. */
  readonly isCommand: (name: string) => boolean;
  /** Told of a file that is too large to be held: the engine would say that it is not there. */
  readonly onTooLarge: (path: string) => Promise<void>;
}

type Encoding = { encoding?: BufferEncoding } | BufferEncoding;

const BIN = /^\/(?:usr\/)?bin\/([^/]+)$/;
const NO_TIME = new Date(0);

/**
 * The account's mount as the engine wants a file system. Names are bytes in strings of ours (vfs/names.ts); content comes
 * and goes as bytes, or as text in the same form, so nothing is lost.
 */
export class StorageFs implements IFileSystem {
  readonly #options: StorageFsOptions;

  constructor(options: StorageFsOptions) {
    this.#options = options;
  }

  /** Made for each call: the umask may have changed. */
  get #files(): FileStorage {
    return new FileStorage(this.#options.mount, { resolved: true, umask: this.#options.umask() });
  }

  async readFile(
    path: string,
    options?: { encoding?: BufferEncoding | null } | BufferEncoding,
  ): Promise<string> {
    const bytes = await this.readFileBuffer(path);
    const encoding = typeof options === 'string' ? options : options?.encoding;
    if (encoding === undefined || encoding === null || encoding === 'utf8' || encoding === 'utf-8')
      return decodeText(bytes);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
  }

  /** Without it the engine turns bytes into text one by one. */
  async readFileBytes(path: string): Promise<ByteString> {
    return unsafeBytesFromLatin1(await this.readFile(path, 'latin1'));
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    const device = this.#options.devices.get(path);
    if (device !== undefined) return (await device.read?.()) ?? new Uint8Array(0);
    return told(async () => {
      const { size } = await this.#files.stat(path);
      const bytes = size > FILE_MAX ? undefined : await this.#files.readFile(path);
      if (bytes !== undefined && bytes.length <= FILE_MAX) return bytes;
      await this.#options.onTooLarge(path);
      throw new VfsError('EFBIG', { op: 'read', path });
    });
  }

  writeFile(path: string, content: FileContent, options?: Encoding): Promise<void> {
    return this.#put(path, bytesOf(content, options), (bytes) => this.#files.writeFile(path, bytes));
  }

  appendFile(path: string, content: FileContent, options?: Encoding): Promise<void> {
    return this.#put(path, bytesOf(content, options), (bytes) => this.#files.appendFile(path, bytes));
  }

  async exists(path: string): Promise<boolean> {
    return this.#unreal(path) !== undefined || this.#files.exists(path);
  }

  async stat(path: string): Promise<FsStat> {
    return this.#unreal(path) ?? told(async () => factsOf(await this.#files.stat(path)));
  }

  async lstat(path: string): Promise<FsStat> {
    return this.#unreal(path) ?? told(async () => factsOf(await this.#files.lstat(path)));
  }

  mkdir(path: string, options?: { recursive?: boolean }): Promise<void> {
    return told(async () => {
      if (options?.recursive === true) await this.#files.mkdir(path, { recursive: true });
      else await this.#files.mkdir(path);
    });
  }

  readdir(path: string): Promise<string[]> {
    return told(() => this.#files.readdir(path));
  }

  readdirWithFileTypes(path: string): ReturnType<NonNullable<IFileSystem['readdirWithFileTypes']>> {
    return told(async () => {
      const items = await this.#files.readdir(path, { withFileTypes: true });
      return items.map((item) => ({
        name: item.name,
        isFile: item.isFile(),
        isDirectory: item.isDirectory(),
        isSymbolicLink: item.isSymbolicLink(),
      }));
    });
  }

  /** As the engine's own file systems do it: a directory that is empty needs no `recursive`. */
  rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> {
    return told(async () => {
      try {
        await this.#files.rm(path, options);
      } catch (error) {
        if (!isVfsError(error, 'EISDIR')) throw error;
        await this.#files.rmdir(path);
      }
    });
  }

  cp(from: string, to: string, options: { recursive?: boolean } = {}): Promise<void> {
    return told(async () => {
      const facts = await this.#files.stat(from);
      if (!facts.isDirectory()) return this.#files.copyFile(from, to);
      if (options.recursive !== true) throw new VfsError('EISDIR', { op: 'open', path: from });
      await this.#files.mkdir(to, { recursive: true });
      for (const name of await this.#files.readdir(from))
        await this.cp(`${from}/${name}`, `${to}/${name}`, options);
    });
  }

  mv(from: string, to: string): Promise<void> {
    return told(() => this.#files.rename(from, to));
  }

  resolvePath(base: string, path: string): string {
    const names: string[] = [];
    for (const name of (path.startsWith('/') ? path : `${base}/${path}`).split('/')) {
      if (name === '..') names.pop();
      else if (name !== '' && name !== '.') names.push(name);
    }
    return `/${names.join('/')}`;
  }

  /** A storage may hold millions; the engine asks for them only in places where nothing is enough. */
  getAllPaths(): string[] {
    return [];
  }

  chmod(path: string, mode: number): Promise<void> {
    return told(() => this.#files.chmod(path, mode));
  }

  symlink(target: string, path: string): Promise<void> {
    return told(() => this.#files.symlink(target, path));
  }

  link(existing: string, path: string): Promise<void> {
    return told(() => this.#files.link(existing, path));
  }

  readlink(path: string): Promise<string> {
    return told(() => this.#files.readlink(path));
  }

  realpath(path: string): Promise<string> {
    if (this.#unreal(path) !== undefined) return Promise.resolve(path);
    return told(() => this.#files.realpath(path));
  }

  utimes(path: string, atime: Date, mtime: Date): Promise<void> {
    return told(() => this.#files.utimes(path, atime, mtime));
  }

  async #put(path: string, bytes: Uint8Array, store: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    const device = this.#options.devices.get(path);
    if (device === undefined) await told(() => store(bytes));
    else await device.write?.(bytes);
  }

  /** The facts of what is no part of the storage. */
  #unreal(path: string): FsStat | undefined {
    if (this.#options.devices.has(path)) return unrealFacts(0o666);
    const name = BIN.exec(path)?.[1];
    return name !== undefined && this.#options.isCommand(name) ? unrealFacts(0o755) : undefined;
  }
}

function unrealFacts(mode: number): FsStat {
  return { isFile: true, isDirectory: false, isSymbolicLink: false, mode, size: 0, mtime: NO_TIME };
}

function factsOf(stats: {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  mode: number;
  size: number;
  mtime: Date;
  ino: number;
}): FsStat {
  return {
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    isSymbolicLink: stats.isSymbolicLink(),
    mode: stats.mode & 0o7777,
    size: stats.size,
    mtime: stats.mtime,
    ino: stats.ino,
    dev: 1,
  };
}

function bytesOf(content: FileContent, options?: Encoding): Uint8Array {
  if (typeof content !== 'string') return content;
  const encoding = typeof options === 'string' ? options : options?.encoding;
  if (encoding === undefined || encoding === 'utf8' || encoding === 'utf-8') return encodeText(content);
  return Buffer.from(content, encoding);
}

/** The engine shows an error's message to people, and asks for Node's codes. */
async function told<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isVfsError(error)) throw error;
    throw Object.assign(new Error(`${error.code}: ${errorText(error)}`, { cause: error }), {
      code: error.code,
    });
  }
}
