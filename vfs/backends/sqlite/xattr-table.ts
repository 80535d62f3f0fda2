import type { Database, Statement } from 'better-sqlite3';
import { decodeText, encodeText } from '../../names.ts';
import type { PresentXattrs } from '../shared/xattrs.ts';
import type { Change, Changes } from './changes.ts';
import type { Participant } from './transaction.ts';

const NONE: PresentXattrs = { valueLength: undefined, count: 0, nameBytes: 0, bytes: 0 };

/** The table `xattr`: extended attributes by inode and name. The only place that changes it. Most storages have none, which is remembered. */
export class XattrTable implements Participant {
  readonly #get: Statement<[number, Uint8Array], Uint8Array>;
  readonly #put: Change<[number, Uint8Array, Uint8Array]>;
  readonly #remove: Change<[number, Uint8Array]>;
  readonly #removeAll: Change<[number]>;
  readonly #names: Statement<[number], Uint8Array>;
  readonly #present: Statement<[Uint8Array, number], [number | null, number, number, number]>;
  readonly #first: Statement<[], number>;
  #isEmpty: boolean;

  constructor(db: Database, changes: Changes) {
    this.#get = db
      .prepare<[number, Uint8Array], Uint8Array>('SELECT value FROM xattr WHERE ino = ? AND name = ?')
      .pluck();
    this.#put = changes.of('putXattr');
    this.#remove = changes.of('removeXattr');
    this.#removeAll = changes.of('removeXattrs');
    this.#names = db
      .prepare<[number], Uint8Array>('SELECT name FROM xattr WHERE ino = ? ORDER BY name')
      .pluck();
    this.#present = db
      .prepare<[Uint8Array, number], [number | null, number, number, number]>(
        'SELECT max(CASE WHEN name = ? THEN length(value) END), count(*), total(length(name)),' +
          ' total(length(name) + length(value)) FROM xattr WHERE ino = ?',
      )
      .raw();
    this.#first = db.prepare<[], number>('SELECT 1 FROM xattr LIMIT 1').pluck();
    this.#isEmpty = this.#first.get() === undefined;
  }

  get(ino: number, name: string): Uint8Array | undefined {
    return this.#isEmpty ? undefined : this.#get.get(ino, encodeText(name));
  }

  /** What the inode has before `name` is set. */
  present(ino: number, name: string): PresentXattrs {
    const row = this.#isEmpty ? undefined : this.#present.get(encodeText(name), ino);
    if (row === undefined) return NONE;
    const [valueLength, count, nameBytes, bytes] = row;
    return { valueLength: valueLength ?? undefined, count, nameBytes, bytes };
  }

  /** Bytes that all attributes of the inode store. */
  bytesOf(ino: number): number {
    return this.present(ino, '').bytes;
  }

  names(ino: number): string[] {
    return this.#isEmpty ? [] : this.#names.all(ino).map((name) => decodeText(name));
  }

  put(ino: number, name: string, value: Uint8Array): void {
    this.#put(ino, encodeText(name), value);
    this.#isEmpty = false;
  }

  remove(ino: number, name: string): void {
    this.#remove(ino, encodeText(name));
  }

  /** With the inode. */
  removeAll(ino: number): void {
    if (!this.#isEmpty) this.#removeAll(ino);
  }

  rolledBack(): void {
    this.#isEmpty = this.#first.get() === undefined;
  }
}
