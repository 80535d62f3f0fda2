import type { Database, Statement } from 'better-sqlite3';
import type { Change, Changes } from './changes.ts';
import type { ChunkTable } from './chunk-table.ts';
import type { Participant } from './transaction.ts';
import type { XattrTable } from './xattr-table.ts';

/** Chunks removed at once: about a millisecond's work. */
const SLICE = 32;

type Row = [content: number, first: number, ino: number];

/**
 * The table `orphan`: content that nothing names any more, removed in the background and, after a crash, at the next
 * opening. A row says that the chunks of `content` from `first` on go, and then the inode `ino`, if that is not 0.
 * The content of a file that is unlinked but open is kept until `release`.
 */
export class Orphans implements Participant {
  readonly #chunks: ChunkTable;
  readonly #xattrs: XattrTable;
  readonly #insert: Change<Row>;
  readonly #delete: Change<[number]>;
  readonly #all: Statement<[], Row>;
  readonly #removeInode: Change<[number]>;
  readonly #pending = new Map<number, { readonly first: number; readonly ino: number }>();
  readonly #kept = new Set<number>();

  constructor(db: Database, changes: Changes, chunks: ChunkTable, xattrs: XattrTable) {
    this.#chunks = chunks;
    this.#xattrs = xattrs;
    this.#insert = changes.of('addOrphan');
    this.#delete = changes.of('removeOrphan');
    this.#all = db.prepare<[], Row>('SELECT content, first, ino FROM orphan').raw();
    this.#removeInode = changes.of('removeInode');
    this.rolledBack();
  }

  /** Is there work to do now? */
  get waiting(): boolean {
    return this.#pending.size > this.#kept.size;
  }

  /** Inside a transaction. */
  add(content: number, first: number, ino: number, keep: boolean): void {
    const before = this.#pending.get(content);
    this.#insert(content, first, ino);
    this.#pending.set(content, {
      first: Math.min(first, before?.first ?? first),
      ino: Math.max(ino, before?.ino ?? 0),
    });
    if (keep) this.#kept.add(content);
  }

  /** The last handle is closed. */
  release(content: number): void {
    this.#kept.delete(content);
  }

  /** Are chunks of a living file still to be removed beyond its end? */
  has(content: number): boolean {
    return this.#pending.has(content) && !this.#kept.has(content);
  }

  /** Removes one slice, inside a transaction; false when nothing is left to do. */
  step(): boolean {
    for (const [content, { first, ino }] of this.#pending) {
      if (this.#kept.has(content)) continue;
      if (this.#chunks.removeSlice(content, first, SLICE) < SLICE) this.#end(content, ino);
      return true;
    }
    return false;
  }

  /** Removes at once all that is left of one content's orphaned chunks, inside a transaction. */
  finish(content: number): void {
    const entry = this.#pending.get(content);
    if (entry === undefined) return;
    this.#chunks.removeFrom(content, entry.first);
    this.#end(content, entry.ino);
  }

  rolledBack(): void {
    this.#pending.clear();
    for (const [content, first, ino] of this.#all.all()) this.#pending.set(content, { first, ino });
    for (const content of this.#kept) if (!this.#isUnlinked(content)) this.#kept.delete(content);
  }

  #isUnlinked(content: number): boolean {
    const ino = this.#pending.get(content)?.ino ?? 0;
    return ino !== 0;
  }

  #end(content: number, ino: number): void {
    if (ino !== 0) {
      this.#xattrs.removeAll(ino);
      this.#removeInode(ino);
    }
    this.#delete(content);
    this.#pending.delete(content);
    this.#kept.delete(content);
  }
}
