import { isFile, isSymlink } from '../list/modes.ts';
import type { ListOrder } from '../list/order.ts';
import type { Session } from '../session.ts';
import { statsOf } from '../storage.ts';
import type { SourceList } from './source-list.ts';

/** `--remove-source-files`: files that the client says to have are removed here (successful_send, sender.c). */
export class RemovedSources {
  readonly #session: Session;
  readonly #source: SourceList;
  readonly #order: ListOrder;
  #work: Promise<void> = Promise.resolve();

  constructor(session: Session, source: SourceList, order: ListOrder) {
    this.#session = session;
    this.#source = source;
    this.#order = order;
  }

  add(index: number): void {
    const { options } = this.#session;
    const number = this.#order.wire[index];
    if (number === undefined || !options.removeSourceFiles || options.dryRun) return;
    this.#work = this.#work
      .then(() => this.#remove(number))
      .catch((error: unknown) => this.#session.fail(error));
  }

  /** Settles when all are gone. */
  all(): Promise<void> {
    return this.#work;
  }

  async #remove(number: number): Promise<void> {
    const { program, ctx, report } = this.#session;
    const entry = this.#source.list.get(number);
    if (!isFile(entry.mode) && !isSymlink(entry.mode)) return;
    const path = this.#source.pathOf(number);
    try {
      const stats = await statsOf(program.mount, path, ctx);
      if (stats === undefined) return;
      const isSame =
        isSymlink(entry.mode) || (stats.size === entry.size && stats.mtime.seconds === entry.seconds);
      if (isSame) await program.mount.unlink(path, ctx);
      else report.error(`ERROR: Skipping sender remove for changed file: ${entry.name}`);
    } catch (error) {
      report.because(`sender failed to remove ${entry.name}`, error);
    }
  }
}
