import * as algorithms from './algorithms.ts';
import type { Identity } from './identity.ts';
import { MESSAGE, type DisconnectReason } from './messages.ts';
import { Sealer } from './sealing.ts';
import { bindingAvailable, Protocol, sendPacket, type Negotiated } from './ssh2.ts';
import { message, string, uint32 } from './wire.ts';

/*
 * ssh2's transport as we use it. Its server is not used: the messages above the transport come here undecoded, by hooks
 * on each instance (`_onPayload`, `_onHandshakeComplete`); nothing that is shared is changed.
 */

export interface EngineEvents {
  /** Bytes for the socket; `release` is to be called when it is done with them. */
  write(bytes: Uint8Array, release?: () => void): void;
  /** A message that is none of the transport's own, its type first. A view: its memory is free once this returns only if nothing keeps it. */
  message(payload: Buffer): void;
  /** Keys are agreed on; again after each rekeying. */
  keyed(negotiated: Negotiated, first: boolean): void;
  disconnected(reason: number, description: string): void;
  /** ssh2 found a breach and has sent its DISCONNECT. */
  failed(error: Error): void;
}

export interface Engine {
  /** Sends the identification line. */
  start(): void;
  /** Takes bytes of the socket, the identification line first. Throws on what cannot be a packet. */
  receive(chunk: Buffer): void;
  send(payload: Uint8Array): void;
  /** Sends bytes as CHANNEL_DATA in messages of at most `packet` bytes each. The bytes are free once this returns. */
  sendChannelData(channel: number, bytes: Uint8Array, packet: number): void;
  /** Answers the message that `message` was told of last. */
  sendUnimplemented(): void;
  disconnect(reason: DisconnectReason, description: string): void;
  rekey(): void;
  /** What is sent now waits until both sides have new keys. */
  readonly exchangingKeys: boolean;
  /** Messages that wait for the end of a key exchange. */
  readonly waiting: number;
  readonly sessionId: Uint8Array;
  /** Drops what comes in and goes out from now on. */
  close(): void;
  /** Frees the ciphers. Not from inside an event. */
  dispose(): void;
}

/** Messages that ssh2 deals with by itself once keys are agreed on; before that it deals with all. */
const OWN_MESSAGES: ReadonlySet<number> = new Set([
  MESSAGE.disconnect,
  MESSAGE.ignore,
  MESSAGE.unimplemented,
  MESSAGE.debug,
  MESSAGE.keyExchangeInit,
]);

/** One connection's transport. Events are told while `receive`, `send` or `rekey` runs, never at another time. */
export function createEngine(identity: Identity, events: EngineEvents): Engine {
  let closed = false;
  let keyed = false;
  let sealer: Sealer | undefined;
  let sealing = false;
  const protocol = new Protocol({
    server: true,
    hostKeys: identity.hostKeys,
    offer: identity.offer,
    ident: identity.software,
    onWrite: (bytes) => {
      if (!closed && !sealing) events.write(bytes);
    },
    onError: (error) => events.failed(error),
    messageHandlers: {
      DISCONNECT: (_protocol, reason, description) => events.disconnected(reason, description),
    },
  });

  const ownPayload = protocol._onPayload;
  protocol._onPayload = (payload) => {
    let next: number | false | undefined;
    if (payload.length === 0 || OWN_MESSAGES.has(payload[0] as number)) next = ownPayload(payload);
    else events.message(payload);
    // Anything but a finite position ends the parsing of this chunk.
    return closed ? Infinity : next;
  };

  const ownHandshakeComplete = protocol._onHandshakeComplete;
  protocol._onHandshakeComplete = (negotiated) => {
    const first = !keyed;
    keyed = true;
    sealer = bindingAvailable ? new Sealer(protocol._cipher, identity.slabs) : undefined;
    const wantsExtensions = protocol._kex.remoteExtInfoEnabled;
    // ssh2's own EXT_INFO offers ssh-rsa and ssh-dss and, for want of a comma, neither rsa-sha2-512 nor nistp521.
    protocol._kex.remoteExtInfoEnabled = false;
    ownHandshakeComplete(negotiated);
    if (first && wantsExtensions) send(extensionInfo());
    events.keyed(negotiated, first);
  };

  const transmit = (payload: Uint8Array, inKeyExchange: boolean): void => {
    const { write } = protocol._packetRW;
    const packet = write.alloc(payload.length, inKeyExchange);
    packet.set(payload, inKeyExchange ? write.allocStartKEX : write.allocStart);
    sendPacket(protocol, write.finalize(packet, inKeyExchange), inKeyExchange);
  };

  const send = (payload: Uint8Array): void => {
    if (!closed) transmit(payload, false);
  };

  return {
    send,
    start: () => protocol.start(),
    receive: (chunk) => {
      if (!closed) protocol.parse(chunk, 0, chunk.length);
    },
    sendChannelData: (channel, bytes, packet) => {
      if (closed) return;
      if (sealer !== undefined && protocol._kexinit === undefined) {
        sealing = true;
        const sealed = sealer.seal(channel, bytes, packet);
        sealing = false;
        events.write(sealed.bytes, sealed.release);
        return;
      }
      for (let at = 0; at < bytes.length; at += packet) {
        protocol.channelData(channel, asBuffer(bytes.subarray(at, at + packet)));
      }
    },
    sendUnimplemented: () =>
      send(message(MESSAGE.unimplemented, uint32((protocol._decipher.inSeqno - 1) >>> 0))),
    disconnect: (reason, description) => {
      const payload = message(MESSAGE.disconnect, uint32(reason), string(description), string(''));
      // Allowed at any time, so it does not wait for the end of a key exchange.
      if (!closed) transmit(payload, true);
    },
    rekey: () => {
      if (!closed) protocol.rekey();
    },
    get exchangingKeys() {
      return protocol._kexinit !== undefined;
    },
    get waiting() {
      return protocol._queue?.length ?? 0;
    },
    get sessionId() {
      return protocol._kex.sessionID;
    },
    close: () => {
      closed = true;
    },
    dispose: () => {
      closed = true;
      protocol.cleanup();
    },
  };
}

/** `server-sig-algs` (RFC 8308 section 3.1): by what a client may sign to log in. */
function extensionInfo(): Uint8Array {
  const names = Object.keys(algorithms.USER_KEY_SIGNATURES).join(',');
  return message(MESSAGE.extInfo, uint32(1), string('server-sig-algs'), string(names));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
