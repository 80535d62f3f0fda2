import type { Readable } from 'node:stream';
import { EXIT, SessionEnded } from '../exit.ts';

/** Bytes held before the peer is asked to wait. */
const HELD_BYTES = 512 * 1024;

/** The peer's bytes as they come, one piece at a time. */
export class Source {
  readonly #stream: Readable;
  readonly #signal: AbortSignal;
  readonly #pieces: Buffer[] = [];
  #held = 0;
  #ended = false;
  #wake: (() => void) | undefined;
  /** Bytes taken so far. */
  taken = 0;

  constructor(stream: Readable, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    stream.on('data', this.#onData);
    stream.once('end', this.#onEnd);
    stream.once('close', this.#onEnd);
    stream.once('error', this.#onEnd);
    signal.addEventListener('abort', this.#onEnd, { once: true });
  }

  /** The next piece; absent at the end. Throws `SessionEnded` where the session is aborted. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#signal.aborted) throw new SessionEnded(EXIT.signal);
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#held -= piece.length;
        this.taken += piece.length;
        if (this.#held < HELD_BYTES && this.#stream.isPaused()) this.#stream.resume();
        return piece;
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Lets go of the stream. */
  close(): void {
    this.#stream.off('data', this.#onData);
    this.#stream.off('end', this.#onEnd);
    this.#stream.off('close', this.#onEnd);
    this.#stream.off('error', this.#onEnd);
    this.#signal.removeEventListener('abort', this.#onEnd);
  }

  readonly #onData = (piece: Buffer): void => {
    this.#pieces.push(piece);
    this.#held += piece.length;
    if (this.#held >= HELD_BYTES) this.#stream.pause();
    this.#wakeUp();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wakeUp();
  };

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
