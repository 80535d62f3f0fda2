import type { Socket } from 'node:net';
import { VfsError } from '../../errors.ts';
import type { Channel, ChannelLimits, Receiver } from './channel.ts';
import { atEndOfTurn } from './end-of-turn.ts';
import { FRAME_START, FrameReader } from './frame-reader.ts';
import { Packer } from './message-pack.ts';
import type { Message } from './wire-value.ts';

/** Payloads up to here are put behind their head, longer ones are written from where they are. */
const JOINED_MAX = 4096;
/** Bytes that the other end has not taken, from which on nothing more should be begun. */
const CONGESTED_BYTES = 4 * 1024 * 1024;

/** An other end that does not close too is cut off after so long. */
const PATIENCE_MILLISECONDS = 2000;

/** What both ends of a socket keep to. */
export const SOCKET_LIMITS: ChannelLimits = { headMax: 16 * 1024 * 1024, payloadMax: 16 * 1024 * 1024 };

/** Carries messages over a stream of bytes, as docs/remote-protocol.md says, to a process that may be anybody. */
export class SocketChannel implements Channel {
  readonly limits: ChannelLimits;
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #packer = new Packer();
  #receiver: Receiver | undefined;
  #parts: Uint8Array[] = [];
  #congested = false;
  #closed = false;

  constructor(socket: Socket, limits: ChannelLimits = SOCKET_LIMITS) {
    this.#socket = socket;
    this.limits = limits;
    this.#reader = new FrameReader(limits);
  }

  get congested(): boolean {
    return this.#congested;
  }

  begin(receiver: Receiver): void {
    const socket = this.#socket;
    this.#receiver = receiver;
    let failure: Error | undefined;
    socket.on('data', (chunk: Buffer) => {
      if (this.#closed) return;
      this.#reader.push(chunk);
      this.#deliver();
    });
    socket.on('end', () => this.close());
    socket.on('drain', () => {
      this.#congested = false;
      receiver.drained();
    });
    socket.on('error', (error) => (failure = error));
    socket.on('close', () => this.#end(failure));
  }

  send({ head, payload }: Message): void {
    if (this.#closed) return;
    const { headMax, payloadMax } = this.limits;
    if (payload.length > payloadMax) refuse(`more than ${payloadMax} bytes in one call`);
    const packed = this.#packer.pack(head, FRAME_START);
    const length = packed.length - FRAME_START;
    if (length > headMax) refuse(`more than one message can hold`);
    packed.writeUInt32BE(length, 0);
    packed.writeUInt32BE(payload.length, 4);
    if (this.#parts.length === 0) atEndOfTurn(() => this.#flush());
    if (payload.length > JOINED_MAX) this.#parts.push(Buffer.from(packed), payload);
    else this.#parts.push(Buffer.concat([packed, payload]));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#socket.isPaused()) return;
    this.#socket.resume();
    if (this.#reader.midMessage) setImmediate(() => this.#deliver());
  }

  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#hangUp();
  }

  destroy(cause: Error): void {
    this.#flush();
    this.#hangUp();
    this.#end(cause);
  }

  #flush(): void {
    const parts = this.#parts;
    if (parts.length === 0 || this.#closed) return;
    this.#parts = [];
    const socket = this.#socket;
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
    this.#congested = socket.writableLength > CONGESTED_BYTES;
  }

  #deliver(): void {
    try {
      while (!this.#closed && !this.#socket.isPaused()) {
        const message = this.#reader.next();
        if (message === undefined) return;
        this.#receiver?.message(message);
      }
    } catch (error) {
      this.#receiver?.failing(error as Error);
      this.destroy(error as Error);
    }
  }

  /** The other end may read what is left, and is not waited for much longer. What it still says is thrown away. */
  #hangUp(): void {
    this.#closed = true;
    const socket = this.#socket;
    socket.resume();
    socket.end();
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MILLISECONDS);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
  }

  #end(cause?: Error): void {
    this.#closed = true;
    this.#receiver?.closed(cause);
    this.#receiver = undefined;
  }
}

function refuse(what: string): never {
  throw new VfsError('EINVAL', { detail: what });
}
