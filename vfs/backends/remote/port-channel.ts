import type { MessagePort } from 'node:worker_threads';
import { READ_LENGTH_MAX } from '../shared/arguments.ts';
import type { Channel, ChannelLimits, Receiver } from './channel.ts';
import { atEndOfTurn } from './end-of-turn.ts';
import type { Message } from './wire-value.ts';

/** Smaller payloads are cheaper to copy along than to hand over. */
const TRANSFER_MIN = 2048;

/**
 * Carries messages to another thread of this process. Bytes are copied at most once: those that are given away and fill
 * their buffer are handed over, as are shared ones; others are copied first, since handing over would take them from
 * their owner. The other end is trusted; what it may have under way at once bounds what waits here.
 */
export class PortChannel implements Channel {
  readonly limits: ChannelLimits = { headMax: Number.POSITIVE_INFINITY, payloadMax: READ_LENGTH_MAX };
  readonly congested = false;
  readonly #port: MessagePort;
  #receiver: Receiver | undefined;
  #sending: Message[] = [];
  #transfers: ArrayBuffer[] = [];
  #held: Message[] = [];
  #paused = false;
  #closed = false;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  begin(receiver: Receiver): void {
    this.#receiver = receiver;
    this.#port.on('message', (messages: Message[]) => {
      this.#held = this.#held.length === 0 ? messages : [...this.#held, ...messages];
      this.#deliver();
    });
    this.#port.on('messageerror', (error) => this.destroy(error));
    this.#port.on('close', () => this.#end());
  }

  send({ head, payload }: Message, gives: boolean): void {
    if (this.#closed) return;
    if (this.#sending.length === 0) atEndOfTurn(() => this.#flush());
    this.#sending.push({ head, payload: this.#portable(payload, gives) });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#held.length > 0) setImmediate(() => this.#deliver());
  }

  close(): void {
    this.#flush();
    this.#port.close();
  }

  destroy(cause: Error): void {
    this.#flush();
    this.#end(cause);
    this.#port.close();
  }

  /** Bytes that may leave this thread. */
  #portable(payload: Uint8Array, gives: boolean): Uint8Array {
    const { buffer } = payload;
    if (payload.length < TRANSFER_MIN || !(buffer instanceof ArrayBuffer)) return payload;
    const whole = gives && payload.length === buffer.byteLength;
    const portable = whole ? payload : new Uint8Array(payload);
    this.#transfers.push(portable.buffer as ArrayBuffer);
    return portable;
  }

  #flush(): void {
    if (this.#sending.length === 0) return;
    const messages = this.#sending;
    const transfers = this.#transfers;
    this.#sending = [];
    this.#transfers = [];
    this.#port.postMessage(messages, transfers);
  }

  #deliver(): void {
    const messages = this.#held;
    let at = 0;
    try {
      while (at < messages.length && !this.#paused && !this.#closed) {
        this.#receiver?.message(messages[at++] as Message);
      }
    } catch (error) {
      this.#receiver?.failing(error as Error);
      this.destroy(error as Error);
    }
    this.#held = at === messages.length ? [] : messages.slice(at);
  }

  #end(cause?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#receiver?.closed(cause);
  }
}
