import { isVfsError } from '../../../vfs/errors.ts';
import { errorText } from '../error-text.ts';
import { EXIT } from './exit.ts';
import type { Output } from './wire/output.ts';
import { TAG, type Tag } from './wire/tags.ts';
import { fromVfsText } from './wire/text.ts';

/** Bits of errors that a sender met (IOERR_*, rsync.h). */
export const IO_ERROR = { general: 1, vanished: 2, deleteLimit: 4 } as const;

/** Tells the person at the client what happened, and keeps what the exit status will say (log.c, cleanup.c). */
export class Report {
  readonly #output: Output;
  readonly #protocol: number;
  readonly #who: 'sender' | 'receiver';
  readonly #quiet: boolean;
  /** Bits of `IO_ERROR`: ours, and those that a sender has told. */
  ioError = 0;
  #partial = false;

  constructor(output: Output, protocol: number, who: 'sender' | 'receiver', quiet: boolean) {
    this.#output = output;
    this.#protocol = protocol;
    this.#who = who;
    this.#quiet = quiet;
  }

  /** Something could not be transferred; the run goes on, and ends with 23. */
  error(text: string): void {
    this.#partial = true;
    this.#say(TAG.errorTransfer, text);
  }

  /** `action` as in `open "name" failed: …`. What is not a `VfsError` is a mistake of ours, and is thrown on. */
  failed(action: string, path: string, error: unknown): void {
    this.because(`${action} "${fromVfsText(path)}" failed`, error);
  }

  /** `text` says all but the reason. */
  because(text: string, error: unknown): void {
    this.error(this.#line(this.#who, text, error));
  }

  /** The same of what is rsync's generator's part, which names itself so. */
  failedAsGenerator(text: string, error: unknown): void {
    this.error(this.#line('generator', text, error));
  }

  /** Something that is no harm to the transfer: the run may end with 0. */
  complain(text: string, error: unknown): void {
    const tag = this.#protocol >= 30 ? TAG.error : TAG.errorTransfer;
    this.#say(tag, this.#line(this.#who === 'sender' ? 'sender' : 'generator', text, error));
  }

  #line(who: 'sender' | 'receiver' | 'generator', text: string, error: unknown): string {
    return `rsync: [${who}] ${text}: ${this.#reason(error)}`;
  }

  #reason(error: unknown): string {
    if (!isVfsError(error) || error.code === 'EINTR') throw error;
    return `${fromVfsText(errorText(error))} (${-error.errno})`;
  }

  warning(text: string): void {
    this.#say(this.#protocol >= 30 ? TAG.warning : TAG.info, text);
  }

  info(text: string): void {
    if (!this.#quiet) this.#say(TAG.info, text);
  }

  /** The exit status of a session that has come to its end. */
  get exit(): number {
    if (this.#partial || (this.ioError & IO_ERROR.general) !== 0) return EXIT.partial;
    if ((this.ioError & IO_ERROR.vanished) !== 0) return EXIT.vanished;
    return (this.ioError & IO_ERROR.deleteLimit) !== 0 ? EXIT.deleteLimit : EXIT.ok;
  }

  #say(tag: Tag, text: string): void {
    this.#output.say(tag, `${text}\n`);
  }
}
