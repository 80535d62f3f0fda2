import { compareNames } from '../../../../vfs/names.ts';
import { isInside, nameOf, parentOf, type VfsPath } from '../../../../vfs/path.ts';
import { isVfsError, type VfsError } from '../../../../vfs/errors.ts';
import type { DirectoryEntry, Stats } from '../../../../vfs/stats.ts';
import type { Session } from '../session.ts';
import { isMissing, statsOf } from '../storage.ts';

/** Entries in one page of a directory. */
const PAGE = 1000;
/** Names asked for one by one in a directory before it is read in pages. */
const SINGLE_MAX = 4;

/**
 * Tells what there is of names that are asked for in the order of a list: a directory's names come together and in order,
 * so that its pages, which carry attributes, answer instead of a call for each.
 */
export class Existing {
  readonly #session: Session;
  /** The uppermost directory that has just been made: there was nothing in it. */
  #fresh: VfsPath | undefined;
  #directory: VfsPath | undefined;
  #asked = 0;
  #page: readonly DirectoryEntry[] = [];
  #at = 0;
  #complete = false;
  /** It cannot be listed; its names may be there to be asked for all the same. */
  #closed = false;
  #last = '';
  /** Why what was asked for last may not even be looked at. */
  hidden: VfsError | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  made(directory: VfsPath): void {
    if (this.#fresh === undefined || !isInside(directory, this.#fresh)) this.#fresh = directory;
  }

  async find(path: VfsPath): Promise<Stats | undefined> {
    const directory = parentOf(path);
    this.hidden = undefined;
    if (this.#fresh !== undefined && isInside(directory, this.#fresh)) return undefined;
    const name = nameOf(path);
    if (directory !== this.#directory) this.#begin(directory);
    const inOrder = this.#last === '' || compareNames(name, this.#last) > 0;
    if (++this.#asked <= SINGLE_MAX || !inOrder || this.#closed) return this.#single(path);
    this.#last = name;
    const found = await this.#inPages(directory, name);
    // Another of its names may have changed it since the page was read.
    const isOld = this.#closed || (found?.type === 'file' && found.nlink > 1);
    return isOld ? this.#single(path) : found;
  }

  async #single(path: VfsPath): Promise<Stats | undefined> {
    const { program, ctx } = this.#session;
    try {
      return await statsOf(program.mount, path, ctx);
    } catch (error) {
      if (!isVfsError(error, 'EACCES')) throw error;
      this.hidden = error;
      return undefined;
    }
  }

  #begin(directory: VfsPath): void {
    this.#directory = directory;
    this.#asked = 0;
    this.#page = [];
    this.#at = 0;
    this.#complete = false;
    this.#closed = false;
    this.#last = '';
  }

  async #inPages(directory: VfsPath, name: string): Promise<Stats | undefined> {
    for (;;) {
      for (; this.#at < this.#page.length; this.#at++) {
        const entry = this.#page[this.#at] as DirectoryEntry;
        const order = compareNames(entry.name, name);
        if (order === 0) return entry.stats;
        if (order > 0) return undefined;
      }
      if (this.#complete) return undefined;
      await this.#read(directory);
    }
  }

  async #read(directory: VfsPath): Promise<void> {
    const { program, ctx } = this.#session;
    const after = this.#page.at(-1)?.name;
    try {
      this.#page = await program.mount.readdir(directory, { limit: PAGE, after }, ctx);
    } catch (error) {
      this.#closed = isVfsError(error, 'EACCES');
      if (!isMissing(error) && !this.#closed) throw error;
      this.#page = [];
    }
    this.#at = 0;
    this.#complete = this.#page.length < PAGE;
  }
}
