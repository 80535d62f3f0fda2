import type { Socket } from 'node:net';
import { createEngine, type Engine } from './engine.ts';
import { hangUp } from './hang-up.ts';
import { readIdentification } from './identification.ts';
import type { Identity } from './identity.ts';
import { DISCONNECT, type DisconnectReason } from './messages.ts';
import { Outlet } from './outlet.ts';
import { Rekeying, type RekeyingLimits } from './rekeying.ts';
import type { Negotiated } from './ssh2.ts';
import { ProtocolError } from './wire.ts';

/** What a connection may cost and how long it may take, besides what is configured. */
export interface TransportLimits extends RekeyingLimits {
  /** Past this many bytes that the client has not taken, channels stop writing. */
  readonly congestedBytes: number;
  /** Past this many the connection ends: what is beyond `congestedBytes` are answers that the client asks for and never reads. */
  readonly unreadBytesMax: number;
  /** Messages that may wait for the end of a key exchange. */
  readonly waitingMax: number;
}

export const TRANSPORT_LIMITS: TransportLimits = {
  rekeyBytes: 1024 ** 3,
  rekeyMilliseconds: 60 * 60 * 1000,
  congestedBytes: 1024 ** 2,
  unreadBytesMax: 8 * 1024 ** 2,
  waitingMax: 10_000,
};

/** The system asks a silent peer whether it is there after so many milliseconds; before the login nobody else does. */
const TCP_KEEP_ALIVE_MILLISECONDS = 60_000;

export interface TransportEvents {
  /** The client's first line has come. */
  identified(line: string): void;
  /** Keys are agreed on; again after each rekeying. */
  keyed(negotiated: Negotiated, first: boolean): void;
  /** A message above the transport, its type first. What it throws ends the connection. */
  message(payload: Buffer): void;
  /** `congested` became false. */
  drained(): void;
  /** Nothing comes or goes any more. Told once, last. `reason` is for the log; absent where the client hung up properly. */
  closed(reason: string | undefined): void;
}

export interface EndOptions {
  /** For the log, where it should say more than the description. */
  readonly reason?: string | undefined;
  /** Do not wait for the client to close: there are too many like it. */
  readonly abruptly?: boolean | undefined;
}

/** The SSH transport on a socket that has just been accepted. An error in it, of whatever kind, ends it and nothing else. */
export class Transport {
  readonly #socket: Socket;
  readonly #limits: TransportLimits;
  readonly #events: TransportEvents;
  readonly #outlet: Outlet;
  readonly #engine: Engine;
  readonly #rekeying: Rekeying;
  /** What has come of the client's first line; absent once it is whole. */
  #early: Buffer | undefined = Buffer.alloc(0);
  #ending = false;
  #closeReason: string | undefined;
  #wasCongested = false;
  #lastReceived = performance.now();
  #bytesReceived = 0;

  constructor(socket: Socket, identity: Identity, limits: TransportLimits, events: TransportEvents) {
    this.#socket = socket;
    this.#limits = limits;
    this.#events = events;
    this.#outlet = new Outlet(socket, () => this.#flushed());
    this.#rekeying = new Rekeying(limits, () => this.#cutOff('the client does not exchange new keys'));
    this.#engine = createEngine(identity, {
      write: (bytes, release) => this.#outlet.write(bytes, release),
      message: (payload) => events.message(payload),
      keyed: (negotiated, first) => this.#keyed(negotiated, first),
      disconnected: (reason, description) => {
        const polite = reason === DISCONNECT.byApplication;
        this.#shut(polite ? undefined : `the client left with reason ${reason}: ${description}`);
      },
      failed: (error) => this.#shut(`protocol error: ${error.message}`),
    });
    this.#listen();
    this.#guard(() => this.#engine.start());
  }

  /** The client has much left to read, or keys are being exchanged: whoever can wait, waits for `drained`. */
  get congested(): boolean {
    const congested = this.#outlet.waiting > this.#limits.congestedBytes || this.#engine.exchangingKeys;
    if (congested) this.#wasCongested = true;
    return congested;
  }

  /** When the client sent anything last, as `performance.now()` tells time. */
  get lastReceived(): number {
    return this.#lastReceived;
  }

  get sessionId(): Uint8Array {
    return this.#engine.sessionId;
  }

  send(payload: Uint8Array): void {
    this.#guard(() => this.#engine.send(payload));
  }

  sendChannelData(channel: number, bytes: Uint8Array, packet: number): void {
    this.#guard(() => this.#engine.sendChannelData(channel, bytes, packet));
  }

  sendUnimplemented(): void {
    this.#guard(() => this.#engine.sendUnimplemented());
  }

  /** Says goodbye and closes. The description is for the client's person. */
  end(
    code: DisconnectReason,
    description: string,
    { reason = description, abruptly = false }: EndOptions = {},
  ): void {
    if (this.#ending) return;
    try {
      if (this.#early === undefined) this.#engine.disconnect(code, description);
    } catch {
      // The engine is past sending; the connection ends all the same.
    }
    this.#shut(reason, abruptly);
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('error', (error) => {
      if (!this.#ending) this.#closeReason ??= error.message;
    });
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('drain', () => this.#guard(() => this.#relieve()));
    socket.once('end', () => {
      this.#shut(this.#early === undefined ? undefined : 'closed before it said what it is');
    });
    socket.once('close', () => {
      this.#ending = true;
      this.#rekeying.stop();
      this.#engine.dispose();
      this.#events.closed(this.#closeReason);
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_KEEP_ALIVE_MILLISECONDS);
  }

  #receive(chunk: Buffer): void {
    if (this.#ending) return;
    this.#lastReceived = performance.now();
    this.#bytesReceived += chunk.length;
    this.#guard(() => {
      if (this.#early === undefined) this.#engine.receive(chunk);
      else this.#identify(Buffer.concat([this.#early, chunk]));
      this.#rekeyIfDue();
    });
  }

  #identify(received: Buffer): void {
    const found = readIdentification(received);
    if (found.state === 'incomplete') {
      this.#early = received;
      return;
    }
    if (found.state === 'invalid') {
      this.#outlet.write(Buffer.from('Invalid SSH identification string.\r\n'));
      this.#shut(`not an SSH client: it began with ${JSON.stringify(found.shown)}`);
      return;
    }
    this.#early = undefined;
    this.#events.identified(found.line);
    if (!this.#ending) this.#engine.receive(received);
  }

  #keyed(negotiated: Negotiated, first: boolean): void {
    this.#rekeying.keyed(this.#bytesMoved());
    this.#events.keyed(negotiated, first);
    this.#relieve();
  }

  #flushed(): void {
    if (this.#ending) return;
    const { unreadBytesMax, waitingMax } = this.#limits;
    if (this.#outlet.waiting > unreadBytesMax || this.#engine.waiting > waitingMax) {
      this.#cutOff('the client does not read its answers');
      return;
    }
    this.#guard(() => this.#rekeyIfDue());
  }

  #rekeyIfDue(): void {
    if (this.#ending || this.#engine.exchangingKeys) return;
    if (this.#rekeying.isDue(this.#bytesMoved())) this.#engine.rekey();
  }

  #bytesMoved(): number {
    return this.#bytesReceived + this.#outlet.written;
  }

  #relieve(): void {
    if (!this.#wasCongested || this.#ending || this.congested) return;
    this.#wasCongested = false;
    this.#events.drained();
  }

  /** ssh2 and OpenSSL throw all kinds of errors on malformed packets; after any, the stream cannot be read on. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const description = error instanceof ProtocolError ? text : 'Protocol error';
      this.end(DISCONNECT.protocolError, description, { reason: `protocol error: ${text}` });
    }
  }

  #shut(reason: string | undefined, abruptly = this.#early !== undefined): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#closeReason = reason;
    this.#engine.close();
    hangUp(this.#socket, !abruptly);
  }

  #cutOff(reason: string): void {
    this.#shut(reason);
    this.#socket.destroy();
  }
}
