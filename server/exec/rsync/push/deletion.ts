import { compareNames } from '../../../../vfs/names.ts';
import { isVfsError } from '../../../../vfs/errors.ts';
import { join, type VfsPath } from '../../../../vfs/path.ts';
import type { DirectoryEntry, Stats } from '../../../../vfs/stats.ts';
import type { DirectoryFilters } from '../filters/directory-filters.ts';
import type { Filters } from '../filters/filters.ts';
import { ENTRY } from '../list/entry.ts';
import type { FileList } from '../list/file-list.ts';
import { Pace } from '../../pace.ts';
import { IO_ERROR } from '../report.ts';
import type { Session } from '../session.ts';
import { isMissing } from '../storage.ts';
import { TAG } from '../wire/tags.ts';
import { fromVfsText, toVfsText } from '../wire/text.ts';
import type { Backups } from './backups.ts';

/** Entries in one page of a directory. */
const PAGE = 1000;
/** Entries between two looks at the clock. */
const STRIDE = 1024;

/** Kinds in the order of NDX_DEL_STATS. */
export type DeletedCounts = Record<Stats['type'], number>;

/** What a deletion is for: files that the sender does not have, or room for something of another type. */
type Purpose = 'extraneous' | 'make room';

export interface DeletionParts {
  readonly session: Session;
  readonly list: FileList;
  readonly tree: Uint32Array;
  readonly filters: DirectoryFilters;
  readonly backups: Backups;
  readonly target: (name: string) => VfsPath;
  readonly changedIn: (path: VfsPath) => void;
}

/** Removes what the sender does not have (delete.c, delete_in_dir in generator.c). */
export class Deletion {
  readonly #parts: DeletionParts;
  readonly counts: DeletedCounts = { file: 0, directory: 0, symlink: 0 };
  #total = 0;
  #skipped = 0;
  #toldOfErrors = false;
  /** By place in the tree: the first entry that is not below a directory; made when first needed. */
  #ends: Uint32Array | undefined;
  /** Decided during the transfer, done after it. */
  readonly #delayed: (() => Promise<void>)[] = [];

  constructor(parts: DeletionParts) {
    this.#parts = parts;
  }

  /** Whether anything may be deleted at all; a sender with errors may only have failed to name it. */
  #allowed(): boolean {
    const { options, report } = this.#parts.session;
    if ((report.ioError & IO_ERROR.general) === 0 || options.ignoreErrors) return true;
    if (!this.#toldOfErrors) report.info('IO error encountered -- skipping file deletion');
    this.#toldOfErrors = true;
    return false;
  }

  /** All directories of the list in one go. */
  async inAll(): Promise<void> {
    const { list, tree } = this.#parts;
    const pace = new Pace();
    for (let position = 0; position < tree.length; position++) {
      if (list.isDirectory(tree[position] ?? 0)) await this.inDirectory(position);
      if (pace.due) await pace.rest();
    }
  }

  /** One directory of the list by its place in the tree, where its content is in the list. */
  async inDirectory(position: number, delay = false): Promise<void> {
    const { session, list, tree, target } = this.#parts;
    const entry = tree[position] ?? 0;
    if ((list.flags(entry) & ENTRY.content) === 0 || !this.#allowed()) return;
    const name = list.name(entry);
    const path = target(name);
    const filters = await this.#parts.filters.in(name);
    const kept = await this.#children(position);
    let after: string | undefined;
    for (let complete = false; !complete;) {
      const page = await this.#page(path, after);
      after = page.at(-1)?.name;
      complete = page.length < PAGE;
      for (const one of page) {
        if (kept.has(one.name)) continue;
        const child = name === '.' ? fromVfsText(one.name) : `${name}/${fromVfsText(one.name)}`;
        const isDirectory = one.stats.type === 'directory';
        if (filters.excludes(child, isDirectory, 'receiver')) continue;
        const remove = async (): Promise<void> =>
          void (await this.#remove(join(path, one.name), child, one.stats, 'extraneous'));
        if (delay) this.#delayed.push(remove);
        else await remove();
      }
      if (session.ctx.signal?.aborted) return;
    }
  }

  /** What was decided during the transfer. */
  async doDelayed(): Promise<void> {
    for (const remove of this.#delayed.splice(0)) await remove();
  }

  /** Removes one name that the sender asks for (`--delete-missing-args`). */
  async removeNamed(path: VfsPath, name: string, stats: Stats): Promise<void> {
    await this.#remove(path, name, stats, 'extraneous');
  }

  /** Something of another type stands in the way. Answers whether it is gone. */
  async makeRoom(path: VfsPath, name: string, stats: Stats, forWhat: string): Promise<boolean> {
    const { options, report } = this.#parts.session;
    const recursive = options.deleteTiming !== undefined || options.force;
    if (await this.#remove(path, name, stats, 'make room', recursive)) return true;
    report.error(`could not make way for ${forWhat} "${name}"`);
    return false;
  }

  /** Says at the end how much was left because of `--max-delete`. */
  tellSkipped(): void {
    if (this.#skipped === 0) return;
    const { report } = this.#parts.session;
    report.warning(`Deletions stopped due to --max-delete limit (${this.#skipped} skipped)`);
    report.ioError |= IO_ERROR.deleteLimit;
  }

  async #remove(
    path: VfsPath,
    name: string,
    stats: Stats,
    purpose: Purpose,
    recursive = true,
  ): Promise<boolean> {
    const { session, backups } = this.#parts;
    const { options, program, ctx, report } = session;
    if (stats.type === 'directory' && !(await this.#empty(path, name, recursive))) {
      report.info(`cannot delete non-empty directory: ${name}`);
      return false;
    }
    if (purpose === 'extraneous' && options.maxDelete !== undefined && this.#total >= options.maxDelete) {
      this.#skipped++;
      return false;
    }
    if (!options.dryRun) {
      try {
        if (stats.type === 'directory') await program.mount.rmdir(path, ctx);
        else if (backups.on && !backups.isBackup(name)) {
          if (!(await backups.keep(path, name, stats))) return false;
        } else await program.mount.unlink(path, ctx);
      } catch (error) {
        if (isVfsError(error, 'ENOENT')) return true;
        report.failed(stats.type === 'directory' ? 'rmdir' : 'unlink', path, error);
        return false;
      }
      this.#parts.changedIn(path);
    }
    if (purpose === 'make room') return true;
    this.#total++;
    this.counts[stats.type]++;
    this.#tell(name, stats.type === 'directory');
    return true;
  }

  /** Removes all in a directory; answers whether it is empty now. */
  async #empty(path: VfsPath, name: string, recursive: boolean): Promise<boolean> {
    const { session } = this.#parts;
    const filters: Filters = await this.#parts.filters.in(name);
    let isEmpty = true;
    let after: string | undefined;
    for (let complete = false; !complete;) {
      const page = await this.#page(path, after);
      after = page.at(-1)?.name;
      complete = page.length < PAGE;
      if (page.length > 0 && !recursive) return false;
      for (const one of page) {
        const child = `${name}/${fromVfsText(one.name)}`;
        const isKept = filters.excludes(child, one.stats.type === 'directory', 'receiver', true);
        if (isKept || !(await this.#remove(join(path, one.name), child, one.stats, 'extraneous')))
          isEmpty = false;
        if (session.ctx.signal?.aborted) return false;
      }
    }
    return isEmpty;
  }

  async #page(path: VfsPath, after: string | undefined): Promise<DirectoryEntry[]> {
    const { program, ctx, report } = this.#parts.session;
    try {
      return await program.mount.readdir(path, { limit: PAGE, after }, ctx);
    } catch (error) {
      if (isMissing(error)) return [];
      // What is not seen may be what the sender has; rsync deletes nothing more then (send_directory).
      report.ioError |= IO_ERROR.general;
      report.failedAsGenerator(`opendir "${fromVfsText(path)}" failed`, error);
      return [];
    }
  }

  #tell(name: string, isDirectory: boolean): void {
    const { options, dialect, output, report } = this.#parts.session;
    if (dialect.protocol >= 29)
      output.message(TAG.deleted, Buffer.from(isDirectory ? `${name}\0` : name, 'latin1'));
    else if (options.verbose > 0) report.info(`deleting ${name}${isDirectory ? '/' : ''}`);
  }

  /** Names of the list in a directory. Files are looked up in order, as a directory is read. */
  async #children(position: number): Promise<Children> {
    this.#ends ??= await endsOf(this.#parts.list, this.#parts.tree);
    return new Children(this.#parts.list, this.#parts.tree, this.#ends, position);
  }
}

/** The names that a list has in one directory, asked for in the order of a directory's pages. */
class Children {
  readonly #list: FileList;
  readonly #tree: Uint32Array;
  readonly #directories = new Set<string>();
  /** The files of the directory are in one row. */
  #file: number;
  readonly #filesEnd: number;

  constructor(list: FileList, tree: Uint32Array, ends: Uint32Array, position: number) {
    this.#list = list;
    this.#tree = tree;
    const place = list.place(tree[position] ?? 0);
    let at = position + 1;
    while (at < tree.length && list.place(tree[at] ?? 0) === place && list.isDirectory(tree[at] ?? 0)) at++;
    this.#file = at;
    while (at < tree.length && list.place(tree[at] ?? 0) === place) at++;
    this.#filesEnd = at;
    const end = ends[position] ?? tree.length;
    const prefix = list.placeName(tree[position] ?? 0);
    const start = prefix === '' ? 0 : prefix.length + 1;
    while (at < end) {
      const below = list.placeName(tree[at] ?? 0).slice(start);
      const slash = below.indexOf('/');
      this.#directories.add(toVfsText(slash < 0 ? below : below.slice(0, slash)));
      at = Math.max(at + 1, ends[at] ?? at + 1);
    }
  }

  has(name: string): boolean {
    if (this.#directories.has(name)) return true;
    for (; this.#file < this.#filesEnd; this.#file++) {
      const order = compareNames(toVfsText(this.#list.leaf(this.#tree[this.#file] ?? 0)), name);
      if (order === 0) return true;
      if (order > 0) return false;
    }
    return false;
  }
}

/** For each place in the tree, the first place that is not below it; for files the next one. */
async function endsOf(list: FileList, tree: Uint32Array): Promise<Uint32Array> {
  const pace = new Pace();
  const ends = new Uint32Array(tree.length);
  const open: { position: number; prefix: string }[] = [];
  const close = (name: string, position: number): void => {
    for (let top = open.at(-1); top !== undefined && !name.startsWith(top.prefix); top = open.at(-1)) {
      ends[top.position] = position;
      open.pop();
    }
  };
  for (let position = 0; position < tree.length; position++) {
    const entry = tree[position] ?? 0;
    const place = list.placeName(entry);
    const prefix = place === '' ? '' : `${place}/`;
    close(prefix, position);
    if (list.isDirectory(entry)) open.push({ position, prefix });
    else ends[position] = position + 1;
    if (position % STRIDE === 0 && pace.due) await pace.rest();
  }
  for (const { position } of open) ends[position] = tree.length;
  return ends;
}
