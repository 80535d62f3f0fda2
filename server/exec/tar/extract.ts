import { isVfsError, VfsError } from '../../../vfs/errors.ts';
import { makeDirectories } from '../../../vfs/file-storage/make-directories.ts';
import { decodeText } from '../../../vfs/names.ts';
import { isInside, join, nameOf, parentOf, ROOT, type VfsPath } from '../../../vfs/path.ts';
import { CHUNK_SIZE } from '../../../vfs/backends/shared/chunks.ts';
import { isZero } from '../../../vfs/backends/shared/zeros.ts';
import type { Handle } from '../../../vfs/backend.ts';
import { errorText } from '../error-text.ts';
import type { Run } from '../tools/tool.ts';
import { TarError } from './header.ts';
import { shownName } from './create.ts';
import { excluder, Wanted } from './members.ts';
import type { TarEntry, TarReader } from './reader.ts';
import type { TarSettings } from './settings.ts';

const BLOCK = 2 * CHUNK_SIZE;
const SERIOUS = 2;
/** Directories whose modes and times wait until everything is in them; of more, the first ones get them earlier. */
const WAITING_MAX = 100_000;

interface Waiting {
  readonly path: VfsPath;
  readonly entry: TarEntry;
}

/** `tar x`: what is in an archive, below the directory in which it runs, and never outside of it. */
export class Extraction {
  readonly #run: Run;
  readonly #settings: TarSettings;
  readonly #reader: TarReader;
  readonly #wanted: Wanted;
  readonly #excludes: (name: string) => boolean;
  readonly #strip: number;
  readonly #buffer = Buffer.allocUnsafeSlow(BLOCK);
  readonly #waiting: Waiting[] = [];
  #root: VfsPath = ROOT;
  #isAbsoluteTold = false;

  constructor(run: Run, settings: TarSettings, reader: TarReader) {
    this.#run = run;
    this.#settings = settings;
    this.#reader = reader;
    this.#wanted = new Wanted(settings.operands);
    this.#excludes = excluder(settings.options.values('exclude'));
    this.#strip = Number(settings.options.value('strip') ?? 0);
  }

  async all(): Promise<void> {
    const run = this.#run;
    this.#root = (await run.storage.resolve(run.context.cwd, 'follow', run.ctx)).path;
    try {
      for (let entry = await this.#reader.next(); entry !== undefined; entry = await this.#reader.next()) {
        run.context.signal.throwIfAborted();
        await this.#one(entry);
      }
      await this.#reader.drain();
    } finally {
      for (const waiting of this.#waiting.toReversed()) await this.#finishDirectory(waiting);
    }
    for (const name of this.#wanted.missing)
      await run.complain(`${shownName(name)}: Not found in archive`, SERIOUS);
  }

  async #one(entry: TarEntry): Promise<void> {
    const run = this.#run;
    const { options } = this.#settings;
    const whole = decodeText(entry.name);
    if (!this.#wanted.has(whole) || this.#excludes(whole)) return;
    if (whole.split('/').includes('..')) {
      return run.complain(`${shownName(whole)}: Member name contains '..'`, SERIOUS);
    }
    if (whole.startsWith('/') && !this.#isAbsoluteTold) {
      this.#isAbsoluteTold = true;
      await run.complain("Removing leading `/' from member names", 0);
    }
    const parts = whole.split('/').filter((part) => part !== '' && part !== '.');
    if (options.has('verbose')) await run.print(`${shownName(whole)}\n`);
    if (options.has('toStdout')) return this.#toStdout(entry);
    const names = parts.slice(this.#strip);
    const isDirectory = entry.type === 'directory';
    if (names.length === 0 && !(isDirectory && parts.length === 0)) return;
    try {
      const path = await this.#placeOf(names);
      await this.#make(entry, path);
    } catch (error) {
      run.context.signal.throwIfAborted();
      if (error instanceof TarError) throw error;
      await run.complain(
        `${shownName(whole)}: Cannot ${isDirectory ? 'mkdir' : 'open'}: ${errorText(error)}`,
        SERIOUS,
      );
    }
  }

  /** Makes the directories above. A symlink among them that leads out is refused. */
  async #placeOf(names: readonly string[]): Promise<VfsPath> {
    const { storage, ctx, context } = this.#run;
    const path = names.reduce<VfsPath>((above, name) => join(above, name), this.#root);
    if (names.length === 0) return path;
    const above = parentOf(path);
    const real = async (): Promise<VfsPath> => {
      const found = await storage.resolve(above, 'follow', ctx);
      if (found.stats === undefined) throw new VfsError('ENOENT');
      return found.path;
    };
    let directory: VfsPath;
    try {
      directory = await real();
    } catch (error) {
      if (!isVfsError(error, 'ENOENT')) throw error;
      await this.#refuseOutside(names);
      await makeDirectories(storage, above, 0o777 & ~context.umask, ctx);
      directory = await real();
    }
    if (!isInside(directory, this.#root)) throw leadsOut();
    return join(directory, nameOf(path));
  }

  /** The nearest directory above that exists must be inside before anything is made in it. */
  async #refuseOutside(names: readonly string[]): Promise<void> {
    const { storage, ctx } = this.#run;
    let path: VfsPath = this.#root;
    for (const name of names.slice(0, -1)) {
      path = join(path, name);
      const found = await storage.resolve(path, 'follow', ctx);
      if (!isInside(found.path, this.#root)) throw leadsOut();
      if (found.stats === undefined) return;
    }
  }

  async #make(entry: TarEntry, path: VfsPath): Promise<void> {
    if (entry.type === 'directory') return this.#directory(entry, path);
    if (path === this.#root) return;
    if (!(await this.#makeRoom(path))) return;
    if (entry.type === 'file') return this.#file(entry, path);
    if (entry.type === 'symlink') return this.#symlink(entry, path);
    if (entry.type === 'hard link') return this.#link(entry, path);
    await this.#run.complain(
      `${shownName(decodeText(entry.name))}: Cannot mknod: Operation not supported`,
      SERIOUS,
    );
  }

  /** What is there goes, but for directories that hold something. False: it stays, and that is no mistake. */
  async #makeRoom(path: VfsPath): Promise<boolean> {
    const { storage, ctx } = this.#run;
    const { options } = this.#settings;
    let type: string;
    try {
      type = (await storage.lstat(path, ctx)).type;
    } catch (error) {
      if (isVfsError(error, 'ENOENT')) return true;
      throw error;
    }
    if (options.has('skipOld')) return false;
    if (options.has('keepOld')) throw new VfsError('EEXIST');
    if (type === 'directory') await storage.rmdir(path, ctx);
    else await storage.unlink(path, ctx);
    return true;
  }

  async #directory(entry: TarEntry, path: VfsPath): Promise<void> {
    const { storage, ctx } = this.#run;
    try {
      if (path !== this.#root) await storage.mkdir(path, 0o700, ctx);
    } catch (error) {
      if (!isVfsError(error, 'EEXIST')) throw error;
      // A symlink in its place goes, wherever it leads.
      const { type } = await storage.lstat(path, ctx);
      if (type !== 'directory') {
        await storage.unlink(path, ctx);
        await storage.mkdir(path, 0o700, ctx);
      }
    }
    this.#waiting.push({ path, entry });
    if (this.#waiting.length > WAITING_MAX) await this.#finishDirectory(this.#waiting.shift() as Waiting);
  }

  async #finishDirectory({ path, entry }: Waiting): Promise<void> {
    await this.#run.attempt(
      `${shownName(decodeText(entry.name))}: Cannot change mode`,
      () => this.#keep(path, entry),
      SERIOUS,
    );
  }

  async #file(entry: TarEntry, path: VfsPath): Promise<void> {
    const { storage, ctx } = this.#run;
    const handle = await storage.open(path, { access: 'w', create: 'exclusive' }, this.#modeOf(entry), ctx);
    try {
      const parts = entry.parts ?? [{ offset: 0, length: entry.size }];
      for (const { offset, length } of parts) await this.#content(handle, offset, length);
      await storage.fsetstat(handle, { ...this.#changes(entry), size: entry.size }, ctx);
    } finally {
      await storage.close(handle, {});
    }
  }

  /** One run of bytes. Zeros where a chunk has nothing else become holes. */
  async #content(handle: Handle, offset: number, length: number): Promise<void> {
    const { storage, ctx, context } = this.#run;
    for (let position = offset, left = length; left > 0;) {
      context.signal.throwIfAborted();
      const block = this.#buffer.subarray(0, Math.min(left, CHUNK_SIZE - (position % CHUNK_SIZE), BLOCK));
      if ((await this.#reader.read(block)) < block.length)
        throw new TarError('a file in the archive is shorter than its header says');
      if (!isZero(block)) await storage.write(handle, position, block, ctx);
      position += block.length;
      left -= block.length;
    }
  }

  async #symlink(entry: TarEntry, path: VfsPath): Promise<void> {
    const { storage, ctx } = this.#run;
    await storage.symlink(decodeText(entry.link), path, ctx);
    const { mode: _mode, ...change } = this.#changes(entry);
    await storage.setstat(path, change, ctx);
  }

  /** To a member of the archive, by its name there. */
  async #link(entry: TarEntry, path: VfsPath): Promise<void> {
    const { storage, ctx } = this.#run;
    const names = decodeText(entry.link)
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .slice(this.#strip);
    if (names.includes('..') || names.length === 0) throw leadsOut();
    const above = names.slice(0, -1).reduce<VfsPath>((directory, name) => join(directory, name), this.#root);
    const directory = (await storage.resolve(above, 'follow', ctx)).path;
    if (!isInside(directory, this.#root)) throw leadsOut();
    await storage.link(join(directory, names.at(-1) ?? ''), path, ctx);
  }

  /** Something else may have taken its place. */
  async #keep(path: VfsPath, entry: TarEntry): Promise<void> {
    const { storage, ctx } = this.#run;
    if ((await storage.lstat(path, ctx)).type !== 'directory') return;
    await storage.setstat(path, { mode: this.#modeOf(entry), ...this.#changes(entry) }, ctx);
  }

  #changes(entry: TarEntry): {
    readonly mode?: number;
    readonly mtime?: TarEntry['mtime'];
    readonly uid?: number;
    readonly gid?: number;
  } {
    const { options } = this.#settings;
    const { superuser } = this.#run.context.account;
    const keepsOwner = superuser && options.last('sameOwner', 'noSameOwner') !== 'noSameOwner';
    const mode = this.#modeOf(entry);
    return {
      ...(options.has('touch') ? {} : { mtime: entry.mtime }),
      ...(keepsOwner ? { uid: entry.uid, gid: entry.gid } : {}),
      // A change of owner takes these bits away, and making a file does not give them.
      ...(mode & 0o7000 ? { mode } : {}),
    };
  }

  /** As GNU's: to the bit with -p, which a superuser means anyway; else as the umask leaves it. */
  #modeOf({ mode }: TarEntry): number {
    const { superuser } = this.#run.context.account;
    const last = this.#settings.options.last('keepPermissions', 'noPermissions');
    const keeps = last === undefined ? superuser : last === 'keepPermissions';
    return keeps ? mode : mode & 0o777 & ~this.#run.context.umask;
  }

  async #toStdout(entry: TarEntry): Promise<void> {
    if (entry.type !== 'file') return;
    for (;;) {
      const length = await this.#reader.read(this.#buffer);
      if (length === 0) return;
      // The stream may keep what it is given.
      await this.#run.write(Buffer.from(this.#buffer.subarray(0, length)));
    }
  }
}

function leadsOut(): VfsError {
  return new VfsError('EACCES', { detail: 'it leads out of the directory' });
}
