import type { Database, Statement } from 'better-sqlite3';
import { encodeText } from '../../names.ts';
import type { Change, Changes } from './changes.ts';
import { COLUMNS, type Inode, type InodeRow } from './inode.ts';
import type { InodeTable } from './inode-table.ts';
import { KnownNames } from './known-names.ts';
import type { Participant } from './transaction.ts';

const INODE_COLUMNS = COLUMNS.replaceAll(/(\w+)/g, 'i.$1');

/** A page's row: the name, then the inode's columns. */
export type EntryRow = [name: Uint8Array, ...inode: InodeRow];

/** The table `dentry`: which names a directory has, and what they name. */
export class NameTable implements Participant {
  readonly #inodes: InodeTable;
  readonly #recent = new KnownNames();
  readonly #find: Statement<[number, Uint8Array], InodeRow>;
  readonly #insert: Change<[number, Uint8Array, number]>;
  readonly #remove: Change<[number, Uint8Array]>;
  readonly #page: Statement<[number, Uint8Array, number], EntryRow>;
  readonly #firstPage: Statement<[number, number], EntryRow>;
  readonly #any: Statement<[number], number>;
  readonly #nameIn: Statement<[number, number], Uint8Array>;
  readonly #anyName: Statement<[number], [number, Uint8Array]>;

  constructor(db: Database, changes: Changes, inodes: InodeTable) {
    this.#inodes = inodes;
    const joined = `FROM dentry d JOIN inode i ON i.ino = d.ino WHERE d.parent = ?`;
    this.#find = db
      .prepare<[number, Uint8Array], InodeRow>(`SELECT ${INODE_COLUMNS} ${joined} AND d.name = ?`)
      .raw();
    this.#insert = changes.of('insertName');
    this.#remove = changes.of('removeName');
    const page = `SELECT d.name, ${INODE_COLUMNS} ${joined}`;
    this.#page = db
      .prepare<[number, Uint8Array, number], EntryRow>(`${page} AND d.name > ? ORDER BY d.name LIMIT ?`)
      .raw();
    this.#firstPage = db.prepare<[number, number], EntryRow>(`${page} ORDER BY d.name LIMIT ?`).raw();
    this.#any = db.prepare<[number], number>('SELECT 1 FROM dentry WHERE parent = ? LIMIT 1').pluck();
    this.#nameIn = db
      .prepare<[number, number], Uint8Array>('SELECT name FROM dentry WHERE parent = ? AND ino = ? LIMIT 1')
      .pluck();
    this.#anyName = db
      .prepare<[number], [number, Uint8Array]>('SELECT parent, name FROM dentry WHERE ino = ? LIMIT 1')
      .raw();
  }

  /** What the name names, or nothing. */
  find(parent: number, name: string): Inode | undefined {
    const known = this.#recent.get(parent, name);
    if (known !== undefined) return known === 0 ? undefined : this.#inodes.get(known);
    const row = this.#find.get(parent, encodeText(name));
    this.#recent.set(parent, name, row?.[0] ?? 0);
    return row && this.#inodes.found(row);
  }

  insert(parent: number, name: string, ino: number): void {
    this.#insert(parent, encodeText(name), ino);
    this.#recent.set(parent, name, ino);
  }

  remove(parent: number, name: string): void {
    this.#remove(parent, encodeText(name));
    this.#recent.set(parent, name, 0);
  }

  forgetRecent(): void {
    this.#recent.clear();
  }

  rolledBack(): void {
    this.#recent.clear();
  }

  page(parent: number, after: string | undefined, limit: number): EntryRow[] {
    return after === undefined
      ? this.#firstPage.all(parent, limit)
      : this.#page.all(parent, encodeText(after), limit);
  }

  isEmpty(parent: number): boolean {
    return this.#any.get(parent) === undefined;
  }

  /** One of the inode's names: in `likely` by a search of that directory, elsewhere by a search of the whole table. */
  nameOf(ino: number, likely: number): { readonly parent: number; readonly name: Uint8Array } | undefined {
    const name = this.#nameIn.get(likely, ino);
    if (name !== undefined) return { parent: likely, name };
    const found = this.#anyName.get(ino);
    return found === undefined ? undefined : { parent: found[0], name: found[1] };
  }
}
