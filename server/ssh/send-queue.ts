/** One write of a channel on its way out. */
interface Outgoing {
  readonly bytes: Uint8Array;
  readonly stderr: boolean;
  readonly done: () => void;
  /** Bytes that have gone. */
  sent: number;
}

/** What a channel may send right now. */
export interface SendAllowance {
  /** Bytes that the next message may carry; 0: wait for `pump` to be called again. */
  next(): number;
  send(bytes: Uint8Array, stderr: boolean): void;
}

/** The writes of one channel, data and stderr in the order in which they were made. A write is done when its last byte has gone. */
export class SendQueue {
  readonly #waiting: Outgoing[] = [];
  readonly #allowance: SendAllowance;
  #closed = false;

  constructor(allowance: SendAllowance) {
    this.#allowance = allowance;
  }

  push(bytes: Uint8Array, stderr: boolean, done: () => void): void {
    if (this.#closed) return done();
    this.#waiting.push({ bytes, stderr, done, sent: 0 });
    if (this.#waiting.length === 1) this.pump();
  }

  /** Sends as much as is allowed now. */
  pump(): void {
    for (;;) {
      const first = this.#waiting[0];
      if (first === undefined) return;
      while (first.sent < first.bytes.length) {
        const length = Math.min(this.#allowance.next(), first.bytes.length - first.sent);
        if (length === 0) return;
        const end = first.sent + length;
        this.#allowance.send(first.bytes.subarray(first.sent, end), first.stderr);
        first.sent = end;
      }
      this.#waiting.shift();
      first.done();
    }
  }

  /** Drops everything; writes from now on are done at once and go nowhere. */
  close(): void {
    this.#closed = true;
    for (const { done } of this.#waiting.splice(0)) done();
  }
}
