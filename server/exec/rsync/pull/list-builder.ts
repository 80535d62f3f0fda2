import { isVfsError } from '../../../../vfs/errors.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import type { Stats } from '../../../../vfs/stats.ts';
import type { DirectoryFilters } from '../filters/directory-filters.ts';
import { ENTRY, type Entry } from '../list/entry.ts';
import { fullMode, isDirectory, isFile } from '../list/modes.ts';
import { PATH_BYTES_MAX } from '../list/received-name.ts';
import { isUnsafeLink } from '../list/unsafe-link.ts';
import type { Link, ListWriter } from '../list/write-list.ts';
import { Pace } from '../../pace.ts';
import { IO_ERROR } from '../report.ts';
import type { Session } from '../session.ts';
import { below, isMissing, statsOf } from '../storage.ts';
import type { Digest } from '../sums/digest.ts';
import { fileChecksum } from '../sums/file-checksum.ts';
import { fromVfsText } from '../wire/text.ts';
import type { XattrNames } from '../xattrs/names.ts';
import { readXattrs } from '../xattrs/read-xattrs.ts';
import type { Xattr } from '../xattrs/xattr.ts';
import type { SourceList } from './source-list.ts';

/** Entries in one page of a directory. */
const PAGE = 1000;
/** The size that a directory is said to have. */
const DIRECTORY_SIZE = 4096;

/** A directory whose names begin the names of a list. */
export interface Root {
  readonly number: number;
  readonly path: VfsPath;
  readonly filters: DirectoryFilters;
}

export interface ListTools {
  readonly writer: ListWriter;
  readonly digest: Digest;
  /** Absent without `-X`. */
  readonly xattrNames: XattrNames | undefined;
}

/** Walks what a client asks for, and sends each name as it is found (send_file_list, flist.c). */
export class ListBuilder {
  readonly #session: Session;
  readonly #source: SourceList;
  readonly #writer: ListWriter;
  readonly #digest: Digest;
  readonly #xattrNames: XattrNames | undefined;
  readonly #pace = new Pace();
  /** The first name of each file with several, by inode. */
  readonly #links = new Map<number, number>();

  constructor(session: Session, source: SourceList, tools: ListTools) {
    this.#session = session;
    this.#source = source;
    this.#writer = tools.writer;
    this.#digest = tools.digest;
    this.#xattrNames = tools.xattrNames;
  }

  /** What has the name, followed as the options say. Absent where there is nothing, or nothing behind a symlink. */
  async look(root: Root, name: string): Promise<Stats | undefined> {
    const { program, ctx } = this.#session;
    const path = below(root.path, name);
    const stats = await statsOf(program.mount, path, ctx);
    return stats === undefined ? undefined : this.#follow(path, name, stats);
  }

  /** One name, without what is below it. */
  async add(root: Root, name: string, stats: Stats, flags: number): Promise<void> {
    const { options, report, output } = this.#session;
    if (name.length > PATH_BYTES_MAX) {
      report.ioError |= IO_ERROR.general;
      return report.error(`skipping overly long name: ${name.slice(0, 200)}…`);
    }
    const entry = await this.#entry(root, name, stats, flags);
    const xattrs = entry === undefined ? undefined : await this.#xattrsOf(root, name, stats);
    if (entry === undefined || xattrs === undefined) return;
    const first =
      stats.nlink > 1 && options.hardLinks && stats.type !== 'directory'
        ? this.#links.get(stats.inode)
        : undefined;
    const number = this.#source.add(entry, root.number);
    this.#writer.write(entry, this.#link(stats, first, number));
    this.#writeXattrs(number, xattrs);
    if (output.full) await output.room();
    if (this.#pace.due) await this.#pace.rest();
  }

  /** `--delete-missing-args`: a name that the receiver is to delete. */
  addMissing(root: Root, name: string): void {
    const entry = {
      name,
      mode: 0,
      size: 0,
      seconds: 0,
      nanoseconds: 0,
      uid: 0,
      gid: 0,
      flags: 0,
      target: undefined,
      checksum: undefined,
      group: -1,
    };
    const number = this.#source.add(entry, root.number);
    this.#writer.write(entry, undefined);
    this.#writeXattrs(number, []);
  }

  /** All that is below a directory of the list. */
  async below(root: Root, name: string, recurse: boolean): Promise<void> {
    const todo = [name];
    for (let directory = todo.pop(); directory !== undefined; directory = todo.pop()) {
      const inside: string[] = [];
      await this.#children(root, directory, recurse, inside);
      todo.push(...inside.toReversed());
    }
  }

  async #children(root: Root, directory: string, recurse: boolean, inside: string[]): Promise<void> {
    const filters = await root.filters.in(directory);
    const path = below(root.path, directory);
    let after: string | undefined;
    for (let complete = false; !complete;) {
      const page = await this.#page(path, after);
      after = page.at(-1)?.name;
      complete = page.length < PAGE;
      for (const one of page) {
        const leaf = fromVfsText(one.name);
        const name = directory === '.' ? leaf : `${directory}/${leaf}`;
        const stats = await this.#follow(below(path, leaf), name, one.stats);
        if (stats === undefined || filters.excludes(name, stats.type === 'directory', 'sender')) continue;
        await this.add(root, name, stats, recurse ? ENTRY.content : 0);
        if (stats.type === 'directory' && recurse) inside.push(name);
      }
    }
  }

  async #page(
    path: VfsPath,
    after: string | undefined,
  ): Promise<Awaited<ReturnType<Session['program']['mount']['readdir']>>> {
    const { program, ctx, report } = this.#session;
    try {
      return await program.mount.readdir(path, { limit: PAGE, after }, ctx);
    } catch (error) {
      if (isMissing(error)) {
        report.ioError |= IO_ERROR.vanished;
        report.warning(`directory has vanished: "${fromVfsText(path)}"`);
      } else {
        report.ioError |= IO_ERROR.general;
        report.failed('opendir', path, error);
      }
      return [];
    }
  }

  /** `-L`, `-k`, `--copy-unsafe-links`. */
  async #follow(path: VfsPath, name: string, stats: Stats): Promise<Stats | undefined> {
    const { options, program, ctx, report } = this.#session;
    if (stats.type !== 'symlink') return stats;
    const isAsked = options.copyLinks || options.copyDirectoryLinks || options.copyUnsafeLinks;
    if (!isAsked) return stats;
    const isUnsafe =
      options.copyUnsafeLinks && isUnsafeLink(fromVfsText(await program.mount.readlink(path, ctx)), name);
    if (!options.copyLinks && !isUnsafe && !options.copyDirectoryLinks) return stats;
    let followed: Stats | undefined;
    try {
      followed = await program.mount.lstat(path, { ...ctx, follow: true });
    } catch (error) {
      if (!isVfsError(error) || error.code === 'EINTR') throw error;
    }
    if (!options.copyLinks && !isUnsafe) return followed?.type === 'directory' ? followed : stats;
    if (followed !== undefined) return followed;
    report.ioError |= IO_ERROR.general;
    report.error(`symlink has no referent: "${fromVfsText(path)}"`);
    return undefined;
  }

  async #entry(root: Root, name: string, stats: Stats, flags: number): Promise<Entry | undefined> {
    const { options, program, ctx, dialect } = this.#session;
    const path = below(root.path, name);
    const mode = fullMode(stats);
    try {
      const isLink = stats.type === 'symlink' && options.symlinks;
      const target = isLink ? fromVfsText(await program.mount.readlink(path, ctx)) : undefined;
      const checksum = options.checksum && isFile(mode) ? await this.#checksum(path) : undefined;
      return {
        name,
        mode,
        size: isDirectory(mode) ? DIRECTORY_SIZE : stats.size,
        seconds: dialect.protocol < 30 ? stats.mtime.seconds >>> 0 : stats.mtime.seconds,
        nanoseconds: dialect.protocol < 31 ? 0 : stats.mtime.nanoseconds,
        uid: stats.uid,
        gid: stats.gid,
        flags: isDirectory(mode) ? flags : 0,
        target,
        checksum,
        group: -1,
      };
    } catch (error) {
      this.unreadable(path, error);
      return undefined;
    }
  }

  /** Absent where it cannot be read: that is told when it is asked for. */
  async #checksum(path: VfsPath): Promise<Uint8Array | undefined> {
    const { program, ctx } = this.#session;
    try {
      return await fileChecksum(program.mount, path, this.#digest, ctx);
    } catch (error) {
      if (!isVfsError(error) || error.code === 'EINTR') throw error;
      return undefined;
    }
  }

  /** Something that was found cannot be looked at any more. */
  unreadable(path: VfsPath, error: unknown): void {
    const { report } = this.#session;
    if (isMissing(error)) {
      report.ioError |= IO_ERROR.vanished;
      return report.warning(`file has vanished: "${fromVfsText(path)}"`);
    }
    report.ioError |= IO_ERROR.general;
    return report.failed('read', path, error);
  }

  /** Absent: they could not be read, which is told, and the name is not sent. */
  async #xattrsOf(root: Root, name: string, { type }: Stats): Promise<readonly Xattr[] | undefined> {
    const { options, program, ctx } = this.#session;
    if (this.#xattrNames === undefined || (type === 'symlink' && !options.symlinks)) return [];
    const path = below(root.path, name);
    // What a symlink was followed to has attributes of its own.
    const followed = type === 'symlink' ? ctx : { ...ctx, follow: true };
    try {
      return await readXattrs(program.mount, path, this.#xattrNames.isStored, followed);
    } catch (error) {
      this.unreadable(path, error);
      return undefined;
    }
  }

  #writeXattrs(number: number, xattrs: readonly Xattr[]): void {
    if (this.#xattrNames === undefined) return;
    this.#source.list.setXattrs(number, this.#source.xattrs.write(this.#session.output, xattrs));
  }

  #link(stats: Stats, first: number | undefined, number: number): Link | undefined {
    const { options, dialect } = this.#session;
    if (!options.hardLinks || stats.type === 'directory') return undefined;
    // Before protocol 28 every file says which inode it is.
    if (stats.nlink < 2)
      return dialect.protocol < 28 && stats.type === 'file'
        ? { first: undefined, inode: stats.inode }
        : undefined;
    if (dialect.protocol < 28 && stats.type !== 'file') return undefined;
    if (first === undefined) this.#links.set(stats.inode, number);
    return { first, inode: stats.inode };
  }
}
