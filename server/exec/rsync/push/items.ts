import { BASIS, ITEM, writeItem, type Item } from '../item.ts';
import type { ListOrder } from '../list/order.ts';
import type { Session } from '../session.ts';
import { TAG } from '../wire/tags.ts';
import { DONE, IndexWriter } from '../wire/index-coding.ts';
import type { EntryXattrs } from './entry-xattrs.ts';

/** Sends requests and reports about entries (itemize, generator.c). */
export class Items {
  readonly #session: Session;
  readonly #indexes: Uint32Array;
  readonly #writer: IndexWriter;
  readonly #xattrs: EntryXattrs;

  constructor(session: Session, { indexes }: ListOrder, xattrs: EntryXattrs) {
    this.#session = session;
    this.#xattrs = xattrs;
    this.#indexes = indexes;
    this.#writer = new IndexWriter(session.dialect.protocol);
  }

  /** Reports where there is something to report. */
  report(entry: number, flags: number, name?: string): void {
    const { options, dialect } = this.#session;
    if (dialect.protocol < 29) return;
    const isWorth = (flags & ITEM.significant) !== 0 || options.verbose >= 2 || options.itemize >= 2;
    if (!isWorth && (name ?? '') === '') return;
    const item = {
      flags: name === undefined ? flags : flags | ITEM.nameFollows,
      basis: BASIS.file,
      name: name ?? '',
    };
    this.#write(entry, item);
  }

  /** Asks for content. */
  request(entry: number, flags: number, basis: number): void {
    const follows = basis === BASIS.file ? 0 : ITEM.basisFollows;
    this.#write(entry, { flags: flags | ITEM.transfer | follows, basis, name: '' });
  }

  /** The sender may remove its file. */
  success(entry: number): void {
    if (this.#session.options.removeSourceFiles && !this.#session.options.dryRun)
      this.#session.output.messageInt(TAG.success, this.#indexes[entry] ?? 0);
  }

  special(index: number): void {
    this.#writer.write(this.#session.output, index);
  }

  done(): void {
    this.special(DONE);
  }

  #write(entry: number, item: Item): void {
    const { output, dialect } = this.#session;
    this.#writer.write(output, this.#indexes[entry] ?? 0);
    writeItem(output, dialect.protocol, item);
    this.#xattrs.writeRequest(entry, item.flags);
  }
}
