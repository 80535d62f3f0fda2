import { protocolError } from '../exit.ts';
import { ITEM, readItem, type Item } from '../item.ts';
import { isFile } from '../list/modes.ts';
import { DELETE_STATS, DONE, IndexReader } from '../wire/index-coding.ts';
import { linkWaiting } from './link-names.ts';
import type { Phases } from './phases.ts';
import type { Push } from './push.ts';
import type { FileReceiver } from './receive-file.ts';

/** Kinds of deleted things in NDX_DEL_STATS. */
const DELETED_KINDS = 5;

/** Reads what the sender answers (recv_files, receiver.c). */
export class Receiver {
  readonly #push: Push;
  readonly #files: FileReceiver;
  readonly #phases: Phases;
  readonly #isDead: (number: number) => boolean;
  readonly #indexes: IndexReader;

  constructor(push: Push, files: FileReceiver, phases: Phases, isDead: (number: number) => boolean) {
    this.#push = push;
    this.#files = files;
    this.#phases = phases;
    this.#isDead = isDead;
    this.#indexes = new IndexReader(push.session.dialect.protocol);
  }

  /** Until the sender has ended its last phase. */
  async all(): Promise<void> {
    const { input, dialect } = this.#push.session;
    while (!this.#phases.isOver) {
      const index = await this.#indexes.read(input);
      if (index === DONE) this.#phases.next();
      else if (index === DELETE_STATS)
        await input.parse((bytes) => Array.from({ length: DELETED_KINDS }, () => bytes.varint()));
      else await this.#answer(index, await readItem(input, dialect.protocol));
    }
  }

  async #answer(index: number, item: Item): Promise<void> {
    const { order, list, session, target, xattrs } = this.#push;
    // A keep-alive of protocol 29 names one more than there are.
    if (index === list.count && item.flags === ITEM.isNew) return;
    if (index < 0 || index >= list.count)
      throw protocolError(`file index out of range: ${index} of ${list.count}`);
    const number = order.wire[index] ?? 0;
    await xattrs.readValues(number, item.flags);
    if ((item.flags & ITEM.transfer) === 0) return xattrs.complete(number, target(list.name(number)));
    if (!isFile(list.mode(number)) || this.#isDead(number))
      throw protocolError(`not a file to be received: index ${index}`);
    if (!this.#phases.transfers) throw protocolError('a file came after the last of them');
    if (session.options.dryRun) {
      const name = list.name(number);
      return linkWaiting(this.#push, number, name, target(name));
    }
    return this.#files.receive(number, item, this.#phases.count > 0);
  }
}
