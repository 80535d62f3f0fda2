import type { Timestamp } from '../../stats.ts';
import type { Inode } from './inode.ts';

/** Inodes kept before those are forgotten whose rows say it all. */
const KEPT = 4096;
/** Directories with late times before all are saved. */
const LATE_MAX = 256;

interface Late {
  readonly inode: Inode;
  /** Times that the changes committed so far gave it; absent: none of them is late. */
  told: { readonly mtime: Timestamp; readonly ctime: Timestamp } | undefined;
  /** The row has been written, or removed, in the transaction that is open. */
  saved: boolean;
}

/**
 * Inodes that somebody asked for lately, by number: one object for everybody. The times of a directory whose names
 * change may be ahead of its row for a while, as on Linux with the mount option `lazytime`: the row would be a page
 * more in each commit.
 */
export class KnownInodes {
  readonly #known = new Map<number, Inode>();
  readonly #late = new Map<number, Late>();

  get(ino: number): Inode | undefined {
    return this.#known.get(ino);
  }

  keep(inode: Inode): void {
    if (this.#known.size >= KEPT) this.forget();
    this.#known.set(inode.ino, inode);
  }

  /** Lets go of all whose rows say what memory says. */
  forget(): void {
    for (const ino of this.#known.keys()) if (!this.#late.has(ino)) this.#known.delete(ino);
  }

  get hasLate(): boolean {
    return this.#late.size > 0;
  }

  get hasManyLate(): boolean {
    return this.#late.size > LATE_MAX;
  }

  /** A directory's times have changed in the group that is open, and only they. */
  changed(inode: Inode): void {
    this.#known.set(inode.ino, inode);
    const late = this.#late.get(inode.ino);
    if (late === undefined) this.#late.set(inode.ino, { inode, told: undefined, saved: false });
    else late.saved = false;
  }

  /** Its row says what memory says. */
  saved(ino: number): void {
    const late = this.#late.get(ino);
    if (late !== undefined) late.saved = true;
  }

  removed(ino: number): void {
    this.#known.delete(ino);
    this.saved(ino);
  }

  /** Those to be saved. */
  *unsaved(): Iterable<Inode> {
    for (const { inode, saved } of this.#late.values()) if (!saved) yield inode;
  }

  committed(): void {
    for (const [ino, late] of this.#late) {
      if (late.saved) this.#late.delete(ino);
      else late.told = { mtime: late.inode.mtime, ctime: late.inode.ctime };
    }
  }

  /** After a rollback: rows count again, but for times that were told before the transaction began. */
  reload(load: (ino: number) => Inode | undefined): void {
    this.#known.clear();
    for (const [ino, late] of this.#late) {
      const inode = late.told && load(ino);
      if (inode === undefined) this.#late.delete(ino);
      else {
        Object.assign(late.inode, inode, late.told);
        late.saved = false;
        this.#known.set(ino, late.inode);
      }
    }
  }
}
