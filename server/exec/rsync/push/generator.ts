import { isVfsError, type VfsError } from '../../../../vfs/errors.ts';
import { parentOf, type VfsPath } from '../../../../vfs/path.ts';
import type { Stats } from '../../../../vfs/stats.ts';
import { ENTRY, type Entry } from '../list/entry.ts';
import { isDirectory, isFile, isSymlink } from '../list/modes.ts';
import { Pace } from '../../pace.ts';
import { visibleStatsOf } from '../storage.ts';
import type { FileRequests } from './file-requests.ts';
import { makeDirectory } from './make-directory.ts';
import { makeSymlink } from './make-symlink.ts';
import { makeDirectories } from './make-directories.ts';
import type { Push } from './push.ts';

/** One entry being handled, with what there is of it. */
export interface Task {
  /** Number in the list, as it was sent. */
  readonly number: number;
  readonly entry: Entry;
  readonly path: VfsPath;
  readonly existing: Stats | undefined;
  /** Why what is there may not even be looked at. */
  readonly hidden?: VfsError | undefined;
}

/** Compares each entry with what there is, does what needs no content, and asks for the rest (generate_files, generator.c). */
export class Generator {
  readonly #push: Push;
  readonly #requests: FileRequests;
  readonly #deletesDuring: 'now' | 'later' | undefined;
  readonly #isDead: (position: number) => boolean;
  /** A directory that could not be made: all below it is passed over. */
  #failed: string | undefined;
  /** The directory whose existence was seen to last (`-R`). */
  #parent: VfsPath | undefined;

  constructor(
    push: Push,
    requests: FileRequests,
    deletesDuring: 'now' | 'later' | undefined,
    isDead: (position: number) => boolean,
  ) {
    this.#push = push;
    this.#requests = requests;
    this.#deletesDuring = deletesDuring;
    this.#isDead = isDead;
  }

  async all(): Promise<void> {
    const { order, session } = this.#push;
    const pace = new Pace();
    for (let position = 0; position < order.tree.length; position++) {
      if (!this.#isDead(position)) await this.#one(position);
      if (session.output.full) await session.output.room();
      if (pace.due) await pace.rest();
    }
  }

  async #one(position: number): Promise<void> {
    const { list, order, target } = this.#push;
    const number = order.tree[position] ?? 0;
    const entry = list.get(number);
    if (this.#failed !== undefined) {
      if (entry.name.startsWith(this.#failed)) return;
      this.#failed = undefined;
    }
    if (entry.mode === 0) return this.#deleteMissing(entry);
    const path = target(entry.name);
    const existing = await this.#lookAt(entry, path);
    const task = { number, entry, path, existing, hidden: this.#push.existing.hidden };
    if (this.#isSkipped(task)) return;
    if (isDirectory(entry.mode)) return this.#directory(position, task);
    if (this.#push.session.options.relative) await this.#seeToParent(path);
    if (isSymlink(entry.mode) && this.#push.session.options.symlinks) return makeSymlink(this.#push, task);
    if (isFile(entry.mode)) return this.#requests.handle(task);
    this.#push.session.report.info(`skipping non-regular file "${entry.name}"`);
  }

  /** A symlink to a directory may stand for one (`-K`). */
  async #lookAt(entry: Entry, path: VfsPath): Promise<Stats | undefined> {
    const { existing, session, destination } = this.#push;
    const found = destination.fresh ? undefined : await existing.find(path);
    if (found?.type !== 'symlink' || !isDirectory(entry.mode) || !session.options.keepDirectoryLinks)
      return found;
    const followed = await visibleStatsOf(session.program.mount, path, { ...session.ctx, follow: true });
    return followed?.type === 'directory' ? followed : found;
  }

  #isSkipped({ entry, existing }: Task): boolean {
    const { options, report } = this.#push.session;
    if (options.existing && existing === undefined) {
      if (options.verbose > 1)
        report.info(`not creating new ${isDirectory(entry.mode) ? 'directory' : 'file'} "${entry.name}"`);
      if (isDirectory(entry.mode) && entry.name !== '.') this.#failed = `${entry.name}/`;
      return true;
    }
    const isBoth = existing?.type === 'directory' && isDirectory(entry.mode);
    if (!options.ignoreExisting || existing === undefined || isBoth) return false;
    if (options.verbose > 1) report.info(`${entry.name} exists`);
    return true;
  }

  async #directory(position: number, task: Task): Promise<void> {
    const { session, deletion } = this.#push;
    const { entry } = task;
    if (!session.options.impliedDirectories && (entry.flags & ENTRY.implied) !== 0) return;
    if (!(await makeDirectory(this.#push, task))) {
      this.#failed = entry.name === '.' ? '' : `${entry.name}/`;
      return;
    }
    if (this.#deletesDuring !== undefined && task.existing?.type === 'directory')
      await deletion.inDirectory(position, this.#deletesDuring === 'later');
  }

  /** `--delete-missing-args`: the sender does not have what was named. */
  async #deleteMissing({ name }: Entry): Promise<void> {
    const { session, deletion, target } = this.#push;
    const path = target(name);
    const stats = await visibleStatsOf(session.program.mount, path, session.ctx);
    if (stats !== undefined) await deletion.removeNamed(path, name, stats);
  }

  /** With `-R`, directories on the way need not be in the list. */
  async #seeToParent(path: VfsPath): Promise<void> {
    const { session } = this.#push;
    const parent = parentOf(path);
    if (parent === this.#parent || session.options.dryRun) return;
    try {
      if ((await visibleStatsOf(session.program.mount, parent, session.ctx)) === undefined)
        await makeDirectories(session, parent);
      this.#parent = parent;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      session.report.failed('mkdir', parent, error);
    }
  }
}
