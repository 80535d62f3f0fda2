import type { Socket } from 'node:net';
import { createEngine, type Engine, type Identity, type Negotiated } from './engine.ts';
import { readIdentification } from './identification.ts';
import { DISCONNECT, type DisconnectReason } from './messages.ts';
import { Rekeying, type RekeyingLimits } from './rekeying.ts';
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

/** A client that does not read what is still to be sent is cut off after so many milliseconds. */
const LINGER_MILLISECONDS = 2000;

export interface TransportEvents {
  /** The client's first line has come. */
  identified(line: string): void;
  /** Keys are agreed on; again after each rekeying. */
  keyed(negotiated: Negotiated, first: boolean): void;
  /** A message above the transport, its type first. May throw `ProtocolError`. */
  message(payload: Buffer): void;
  /** `congested` became false. */
  drained(): void;
  /** Nothing comes or goes any more. Told once, last. `reason` is for the log; absent where the client hung up properly. */
  closed(reason: string | undefined): void;
}

export interface Transport {
  send(payload: Uint8Array): void;
  sendChannelData(channel: number, bytes: Uint8Array, packet: number): void;
  sendUnimplemented(): void;
  /** The client has much left to read, or keys are being exchanged: whoever can wait, waits for `drained`. */
  readonly congested: boolean;
  /** Milliseconds since the client sent anything (`performance.now()`). */
  readonly lastReceived: number;
  readonly sessionId: Uint8Array;
  /** Says goodbye and closes. The description is for the client's person; `reason` for the log, where it should say more. */
  end(code: DisconnectReason, description: string, reason?: string): void;
}

/** Speaks the SSH transport on a socket that has just been accepted. */
export function openTransport(
  socket: Socket,
  identity: Identity,
  limits: TransportLimits,
  events: TransportEvents,
): Transport {
  let early: Buffer | undefined = Buffer.alloc(0);
  let ending = false;
  let closeReason: string | undefined;
  let corked = false;
  let wasCongested = false;
  let lastReceived = performance.now();
  const rekeying = new Rekeying(limits, () => cutOff('the client does not exchange new keys'));

  const engine: Engine = createEngine(identity, {
    write,
    message: (payload) => events.message(payload),
    keyed: (negotiated, first) => {
      rekeying.keyed(bytesMoved());
      events.keyed(negotiated, first);
      relieve();
    },
    disconnected: (reason, description) => {
      const polite = reason === DISCONNECT.byApplication;
      shut(polite ? undefined : `the client left with reason ${reason}: ${description}`);
    },
    failed: (error) => shut(`protocol error: ${error.message}`),
  });

  /** Gathers what one turn of the event loop sends into one system call. */
  function write(bytes: Uint8Array, release?: () => void): void {
    if (!socket.writable) return;
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(flush);
    }
    socket.write(bytes, release);
  }

  function flush(): void {
    corked = false;
    socket.uncork();
    if (ending) return;
    const unread = socket.writableLength > limits.unreadBytesMax || engine.waiting > limits.waitingMax;
    if (unread) return cutOff('the client does not read its answers');
    rekeyIfDue();
  }

  function bytesMoved(): number {
    return socket.bytesRead + socket.bytesWritten;
  }

  function rekeyIfDue(): void {
    if (!ending && !engine.exchangingKeys && rekeying.isDue(bytesMoved())) engine.rekey();
  }

  function isCongested(): boolean {
    const congested = socket.writableLength > limits.congestedBytes || engine.exchangingKeys;
    if (congested) wasCongested = true;
    return congested;
  }

  function relieve(): void {
    if (!wasCongested || ending || isCongested()) return;
    wasCongested = false;
    events.drained();
  }

  function receive(chunk: Buffer): void {
    if (ending) return;
    lastReceived = performance.now();
    try {
      if (early === undefined) engine.receive(chunk);
      else identify(Buffer.concat([early, chunk]));
    } catch (error) {
      breach(error);
    }
    rekeyIfDue();
  }

  function identify(received: Buffer): void {
    const found = readIdentification(received);
    if (found.state === 'incomplete') {
      early = received;
      return;
    }
    if (found.state === 'invalid') {
      write(Buffer.from('Invalid SSH identification string.\r\n'));
      return shut(`not an SSH client: it began with ${JSON.stringify(found.shown)}`);
    }
    early = undefined;
    events.identified(found.line);
    if (!ending) engine.receive(received);
  }

  /** ssh2 and OpenSSL throw all kinds of errors on malformed packets; after any, the stream cannot be read on. */
  function breach(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    end(
      DISCONNECT.protocolError,
      error instanceof ProtocolError ? text : 'Protocol error',
      `protocol error: ${text}`,
    );
  }

  function end(code: DisconnectReason, description: string, reason = description): void {
    if (ending) return;
    if (early === undefined) {
      try {
        engine.disconnect(code, description);
      } catch {
        // The engine is past sending; the connection ends all the same.
      }
    }
    shut(reason);
  }

  /** Lets out what has been written, then closes. */
  function shut(reason: string | undefined): void {
    if (ending) return;
    ending = true;
    closeReason = reason;
    engine.close();
    socket.destroySoon();
    const timer = setTimeout(() => socket.destroy(), LINGER_MILLISECONDS);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
  }

  function cutOff(reason: string): void {
    shut(reason);
    socket.destroy();
  }

  socket.on('error', (error) => {
    closeReason ??= ending ? closeReason : error.message;
  });
  socket.on('data', receive);
  socket.on('drain', relieve);
  socket.once('end', () => shut(early === undefined ? undefined : 'closed before it said what it is'));
  socket.once('close', () => {
    ending = true;
    rekeying.stop();
    engine.dispose();
    events.closed(closeReason);
  });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  engine.start();

  return {
    end,
    send: (payload) => engine.send(payload),
    sendChannelData: (channel, bytes, packet) => engine.sendChannelData(channel, bytes, packet),
    sendUnimplemented: () => engine.sendUnimplemented(),
    get congested() {
      return isCongested();
    },
    get lastReceived() {
      return lastReceived;
    },
    get sessionId() {
      return engine.sessionId;
    },
  };
}
