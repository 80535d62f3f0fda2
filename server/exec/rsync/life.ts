import type { Output } from './wire/output.ts';
import type { Source } from './wire/source.ts';

/** A session in which nothing has moved for so long is ended. */
const SILENCE_MILLISECONDS = 10 * 60 * 1000;
const TICK_MILLISECONDS = 500;

/** Looks after a session's silences: keeps a waiting client alive (maybe_send_keepalive, io.c), and ends what has died. */
export class Life {
  readonly #timer: NodeJS.Timeout;

  constructor(output: Output, source: Source, timeoutSeconds: number, onDeath: (error: Error) => void) {
    let taken = 0;
    let sent = 0;
    let movedAt = performance.now();
    const patience = timeoutSeconds > 0 ? (timeoutSeconds * 1000) / 2 : Infinity;
    this.#timer = setInterval(() => {
      const now = performance.now();
      if (source.taken !== taken || output.sent !== sent) movedAt = now;
      taken = source.taken;
      if (now - output.sentAt >= Math.max(TICK_MILLISECONDS, patience - TICK_MILLISECONDS))
        output.keepAlive();
      sent = output.sent;
      if (now - movedAt >= SILENCE_MILLISECONDS) onDeath(new Error('nothing has moved for ten minutes'));
    }, TICK_MILLISECONDS);
    this.#timer.unref();
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
