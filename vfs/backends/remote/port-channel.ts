import type { MessagePort } from 'node:worker_threads';
import { READ_LENGTH_MAX } from '../shared/arguments.ts';
import type { Channel, ChannelLimits, Receiver } from './channel.ts';
import { atEndOfTurn } from './end-of-turn.ts';
import type { Message } from './wire-value.ts';

/** Smaller payloads are cheaper to copy along than to hand over. */
const TRANSFER_MIN = 2048;

/** Bytes in the memory that both ends have. */
type Place = readonly [offset: number, length: number];

/** A message as it is posted. */
interface Posted {
  readonly head: Message['head'];
  readonly payload: Uint8Array | Place;
  readonly room: Place | undefined;
}

/**
 * Carries messages to another thread of this process. Bytes in the memory that both ends have are not moved; of others those
 * that are given away and fill their buffer are handed over, and the rest is copied, since handing over would take them from
 * their owner. The other end is trusted; what it may have under way at once bounds what waits here.
 */
export class PortChannel implements Channel {
  readonly limits: ChannelLimits = { headMax: Number.POSITIVE_INFINITY, payloadMax: READ_LENGTH_MAX };
  readonly congested = false;
  readonly #port: MessagePort;
  readonly #memory: SharedArrayBuffer | undefined;
  #receiver: Receiver | undefined;
  #sending: Posted[] = [];
  #transfers: ArrayBuffer[] = [];
  #held: Posted[] = [];
  #paused = false;
  #closed = false;

  /** `memory`: the same at both ends. Who puts bytes there sees to it that nobody else does until the answer has come. */
  constructor(port: MessagePort, memory?: SharedArrayBuffer) {
    this.#port = port;
    this.#memory = memory;
  }

  begin(receiver: Receiver): void {
    this.#receiver = receiver;
    this.#port.on('message', (messages: Posted[]) => {
      this.#held = this.#held.length === 0 ? messages : [...this.#held, ...messages];
      this.#deliver();
    });
    this.#port.on('messageerror', (error) => this.destroy(error));
    this.#port.on('close', () => this.#end());
  }

  send({ head, payload, room }: Message, gives: boolean): void {
    if (this.#closed) return;
    if (this.#sending.length === 0) atEndOfTurn(() => this.#flush());
    this.#sending.push({
      head,
      payload: this.#placeOf(payload) ?? this.#portable(payload, gives),
      room: room && this.#placeOf(room),
    });
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

  #placeOf({ buffer, byteOffset, length }: Uint8Array): Place | undefined {
    return this.#memory !== undefined && buffer === this.#memory ? [byteOffset, length] : undefined;
  }

  #at([offset, length]: Place): Uint8Array {
    return Buffer.from(this.#memory as SharedArrayBuffer, offset, length);
  }

  #read({ head, payload, room }: Posted): Message {
    return {
      head,
      payload: payload instanceof Uint8Array ? payload : this.#at(payload),
      room: room && this.#at(room),
    };
  }

  /** Bytes that may leave this thread. A view would take all of its buffer along. */
  #portable(payload: Uint8Array, gives: boolean): Uint8Array {
    const { buffer } = payload;
    if (payload.length === 0 || !(buffer instanceof ArrayBuffer)) return payload;
    const whole = payload.length === buffer.byteLength;
    const portable = whole && (gives || payload.length < TRANSFER_MIN) ? payload : new Uint8Array(payload);
    if (payload.length >= TRANSFER_MIN) this.#transfers.push(portable.buffer as ArrayBuffer);
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
        this.#receiver?.message(this.#read(messages[at++] as Posted));
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
