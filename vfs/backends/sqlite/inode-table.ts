import type { Database, Statement } from 'better-sqlite3';
import type { Change, Changes } from './changes.ts';
import type { Participant } from './transaction.ts';
import { COLUMNS, inodeToRow, rowToInode, type Inode, type InodeRow } from './inode.ts';
import { KnownInodes } from './known-inodes.ts';

/** Inode numbers are reserved so many at a time, which makes the mark in `meta` a rare write. */
const RESERVED_AT_ONCE = 2048;
/** With fewer left, more are reserved before the next transaction. */
const RESERVED_MIN = 1024;

/**
 * The table `inode`. An inode that is open is pinned: everybody then works on the same object, which may be ahead of
 * its row until it is saved; so does everybody with one that is known. Numbers come from one counter, for inodes and contents, and are never used again.
 */
export class InodeTable implements Participant {
  readonly #pinned = new Map<number, { readonly inode: Inode; pins: number }>();
  readonly #recent = new KnownInodes();
  readonly #load: Statement<[number], InodeRow>;
  readonly #insert: Change<InodeRow>;
  readonly #save: Change<number[]>;
  readonly #remove: Change<[number]>;
  readonly #reserveNumbers: Change<[number]>;
  readonly #readMark: Statement<[], number>;
  #next: number;
  #reserved: number;

  constructor(db: Database, changes: Changes) {
    this.#load = db.prepare<[number], InodeRow>(`SELECT ${COLUMNS} FROM inode WHERE ino = ?`).raw();
    this.#insert = changes.of('insertInode');
    this.#save = changes.of('saveInode');
    this.#remove = changes.of('removeInode');
    this.#reserveNumbers = changes.of('reserveNumbers');
    this.#readMark = db.prepare<[], number>("SELECT v FROM meta WHERE k = 'next_ino'").pluck();
    this.#next = this.#readMark.get() ?? 2;
    this.#reserved = this.#next;
  }

  get(ino: number): Inode | undefined {
    const known = this.#inMemory(ino);
    if (known !== undefined) return known;
    const row = this.#load.get(ino);
    return row && this.#keep(row);
  }

  /** What is known of the inode whose row has been read already: the object that everybody has, if there is one. */
  current(row: InodeRow): Inode {
    return this.#inMemory(row[0]) ?? rowToInode(row);
  }

  /** The same, kept for those who will ask for it next. */
  found(row: InodeRow): Inode {
    return this.#inMemory(row[0]) ?? this.#keep(row);
  }

  /** Who sees a number may remember it, so it must be marked as used even where the transaction that uses it is lost. */
  begun(): boolean {
    if (this.#reserved - this.#next >= RESERVED_MIN) return false;
    this.#reserve();
    return true;
  }

  /** The next number; call it inside a transaction. */
  allocate(): number {
    if (this.#next >= this.#reserved) this.#reserve();
    return this.#next++;
  }

  /** Inside a transaction, as its last change before a clean close. */
  giveBack(): void {
    this.#reserved = this.#next;
    this.#reserveNumbers(this.#reserved);
  }

  insert(inode: Inode): void {
    this.#insert(...inodeToRow(inode));
    this.#recent.keep(inode);
  }

  save(inode: Inode): void {
    const { atime, mtime, ctime } = inode;
    // prettier-ignore
    this.#save(inode.mode, inode.nlink, inode.uid, inode.gid, inode.size, inode.used,
      atime.seconds, atime.nanoseconds, mtime.seconds, mtime.nanoseconds, ctime.seconds, ctime.nanoseconds,
      inode.parent, inode.content, inode.ino);
    this.#recent.saved(inode.ino);
  }

  /** As `save`, but a while later: the times of a directory have changed, and nothing else of it. */
  saveLater(directory: Inode): void {
    this.#recent.changed(directory);
    if (this.#recent.hasManyLate) this.saveLate();
  }

  /** Are there rows to be saved that only say times? */
  get hasLate(): boolean {
    return this.#recent.hasLate;
  }

  /** Inside a transaction. */
  saveLate(): void {
    for (const inode of this.#recent.unsaved()) this.save(inode);
  }

  /** Lets go of inodes that nobody has open. */
  forgetRecent(): void {
    this.#recent.forget();
  }

  committed(): void {
    this.#recent.committed();
  }

  remove(ino: number): void {
    this.#remove(ino);
    this.#recent.removed(ino);
  }

  pin(inode: Inode): Inode {
    const entry = this.#pinned.get(inode.ino) ?? { inode, pins: 0 };
    entry.pins++;
    this.#pinned.set(inode.ino, entry);
    return entry.inode;
  }

  /** True when this was the last pin. */
  unpin(inode: Inode): boolean {
    const entry = this.#pinned.get(inode.ino);
    if (entry === undefined || --entry.pins > 0) return false;
    this.#pinned.delete(inode.ino);
    return true;
  }

  isPinned(ino: number): boolean {
    return this.#pinned.has(ino);
  }

  /** After a rollback: pinned objects say again what their rows say. Answers those whose rows are gone. */
  reload(): Inode[] {
    this.#reserved = this.#readMark.get() ?? 0;
    const gone: Inode[] = [];
    for (const { inode } of this.#pinned.values()) {
      const row = this.#load.get(inode.ino);
      if (row === undefined) gone.push(inode);
      else Object.assign(inode, rowToInode(row));
    }
    this.#recent.reload((ino) => this.#fromRow(ino));
    return gone;
  }

  #inMemory(ino: number): Inode | undefined {
    return this.#pinned.get(ino)?.inode ?? this.#recent.get(ino);
  }

  #keep(row: InodeRow): Inode {
    const inode = rowToInode(row);
    this.#recent.keep(inode);
    return inode;
  }

  #fromRow(ino: number): Inode | undefined {
    const row = this.#load.get(ino);
    return row === undefined ? undefined : rowToInode(row);
  }

  #reserve(): void {
    this.#reserved = this.#next + RESERVED_AT_ONCE;
    this.#reserveNumbers(this.#reserved);
  }
}
