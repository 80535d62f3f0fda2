import type { Output } from '../wire/output.ts';
import { DeflateStream } from './deflate-stream.ts';
import { DEFLATED_MAX, FRAME, SYNC_END } from './frame-bytes.ts';
import { historyPieces, type History } from './history.ts';
import type { TokenWriter } from './token-writer.ts';

/** How far a run of blocks may reach. */
const RUN_MAX = 0xffff;
/** Distances that fit the short forms. */
const NEAR = 63;

/**
 * send_deflated_token: stretches of deflated literals, and runs of blocks. With a `history` (`zlib`; `zlibx` is without) a
 * block enters the history of both compressors too.
 */
export class DeflatedWriter implements TokenWriter {
  readonly #output: Output;
  readonly #history: History;
  readonly #deflate: DeflateStream;
  #literals = false;
  /** The run of blocks that is not sent yet; its last block is `#last`. */
  #runStart = -1;
  #last = 0;
  #sent = 0;

  constructor(output: Output, history: History, level: number | undefined) {
    this.#output = output;
    this.#history = history;
    this.#deflate = DeflateStream.deflate(level);
  }

  start(): void {
    this.#deflate.reset();
    this.#literals = false;
    this.#runStart = -1;
    this.#sent = 0;
  }

  async literal(bytes: Uint8Array): Promise<void> {
    this.#endRun();
    this.#literals = true;
    await this.#send(await this.#deflate.write(bytes));
  }

  async block(index: number, bytes: Uint8Array): Promise<void> {
    await this.#endLiterals();
    const follows = this.#runStart >= 0 && index === this.#last + 1 && index - this.#runStart <= RUN_MAX;
    if (!follows) {
      this.#endRun();
      this.#runStart = index;
    }
    this.#last = index;
    for (const piece of historyPieces(bytes, this.#history)) {
      await this.#deflate.write(piece);
      await this.#deflate.flush();
    }
  }

  async end(): Promise<void> {
    await this.#endLiterals();
    this.#endRun();
    this.#output.byte(FRAME.end);
  }

  close(): void {
    this.#deflate.close();
  }

  async #endLiterals(): Promise<void> {
    if (!this.#literals) return;
    this.#literals = false;
    const rest = Buffer.concat(await this.#deflate.flush());
    await this.#send([rest.subarray(0, rest.length - SYNC_END.length)]);
  }

  async #send(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += DEFLATED_MAX) {
        const part = piece.subarray(at, at + DEFLATED_MAX);
        this.#output.byte(FRAME.deflated | (part.length >> 8));
        this.#output.byte(part.length & 0xff);
        this.#output.bytes(part);
      }
    }
    if (this.#output.full) await this.#output.room();
  }

  #endRun(): void {
    if (this.#runStart < 0) return;
    const distance = this.#runStart - this.#sent;
    const more = this.#last - this.#runStart;
    const near = distance >= 0 && distance <= NEAR;
    if (near) this.#output.byte((more === 0 ? FRAME.token : FRAME.run) + distance);
    else {
      this.#output.byte(more === 0 ? FRAME.longToken : FRAME.longRun);
      this.#output.int(this.#runStart);
    }
    if (more > 0) this.#output.short(more);
    this.#sent = this.#last;
    this.#runStart = -1;
  }
}
