import { VfsError } from '../../../../vfs/errors.ts';
import type { Session } from '../session.ts';

/** How long an answer about free space is believed. */
const FRESH_MILLISECONDS = 1000;

/**
 * Keeps what is requested within what the storage has room for, so that a full one costs an error a file and not the
 * session. The store has the last word: other sessions write too.
 */
export class Budget {
  readonly #session: Session;
  #free = { bytes: 0, inodes: 0 };
  #askedAt = -Infinity;
  /** Asked of the sender, and not yet stored. */
  readonly #pending = { bytes: 0, files: 0 };

  constructor(session: Session) {
    this.#session = session;
  }

  /** Something is on its way that may free room when it takes the place of an old file. */
  get isPending(): boolean {
    return this.#pending.files > 0;
  }

  /** Takes room for a file; answers why there is none. */
  async take(bytes: number): Promise<VfsError | undefined> {
    const { fileSize } = this.#session.program.account.limits;
    if (fileSize !== undefined && bytes > fileSize) return new VfsError('EFBIG');
    const isOld = performance.now() - this.#askedAt > FRESH_MILLISECONDS;
    if (isOld || !this.#fits(bytes)) await this.#ask();
    if (!this.#fits(bytes)) return new VfsError('EDQUOT', { detail: 'Disk quota exceeded' });
    this.#free.bytes -= bytes;
    this.#free.inodes -= 1;
    this.#pending.bytes += bytes;
    this.#pending.files += 1;
    return undefined;
  }

  /** Some of what was taken is stored now. */
  stored(bytes: number): void {
    this.#pending.bytes -= bytes;
  }

  /** A request is over; `left` of its bytes were not stored. */
  over(left: number): void {
    this.#pending.bytes -= left;
    this.#pending.files -= 1;
  }

  #fits(bytes: number): boolean {
    return this.#free.bytes >= bytes && this.#free.inodes >= 1;
  }

  async #ask(): Promise<void> {
    const { program, ctx } = this.#session;
    const stats = await program.mount.statfs(ctx);
    this.#askedAt = performance.now();
    this.#free = {
      bytes: stats.bytesFree - this.#pending.bytes,
      inodes: stats.inodesFree - this.#pending.files,
    };
  }
}
