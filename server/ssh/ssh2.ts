import { createRequire } from 'node:module';
import type { ParsedKey } from 'ssh2';
import type { InPlaceCipher } from './sealing.ts';

/*
 * The inside of ssh2 as far as it is used here; its own types do not cover it. Of ssh2 we take the transport (RFC 4253):
 * packets, ciphers and key exchange, the class `Protocol`. docs/decisions.md says why no more.
 */

/** The only version whose inside is known to be this. */
const TESTED_VERSION = '1.17.0';

/** What both sides agreed on. */
export interface Negotiated {
  readonly kex: string;
  readonly serverHostKey: string;
  readonly cs: { readonly cipher: string; readonly mac: string };
  readonly sc: { readonly cipher: string; readonly mac: string };
}

/** What is used of an instance of `Protocol`. */
export interface Protocol {
  /** Defined from our KEXINIT until the new keys are in use. */
  readonly _kexinit: unknown;
  /** What waits for the end of a key exchange. */
  readonly _queue: readonly unknown[] | undefined;
  readonly _kex: { readonly sessionID: Uint8Array; remoteExtInfoEnabled: boolean };
  readonly _decipher: { readonly inSeqno: number };
  readonly _packetRW: { readonly write: PacketWriter };
  /** Another one after each key exchange. */
  readonly _cipher: InPlaceCipher;
  _onPayload: (payload: Buffer) => number | false | undefined;
  _onHandshakeComplete: (negotiated: Negotiated) => void;
  start(): void;
  parse(chunk: Buffer, start: number, end: number): void;
  rekey(): void;
  cleanup(): void;
  channelData(channel: number, bytes: Buffer): void;
}

interface PacketWriter {
  /** Where a payload begins in a packet from `alloc`: for ordinary messages, and for those allowed in a key exchange. */
  readonly allocStart: number;
  readonly allocStartKEX: number;
  alloc(length: number, inKeyExchange?: boolean): Buffer;
  finalize(packet: Buffer, inKeyExchange?: boolean): Buffer;
}

interface ProtocolConfig {
  readonly server: true;
  readonly hostKeys: Readonly<Record<string, ParsedKey>>;
  readonly offer: object;
  readonly ident: string;
  readonly onWrite: (bytes: Uint8Array) => void;
  readonly onError: (error: Error) => void;
  readonly messageHandlers: { DISCONNECT(protocol: unknown, reason: number, description: string): void };
}

const load = createRequire(import.meta.url);
export const Protocol = load('ssh2/lib/protocol/Protocol.js') as new (config: ProtocolConfig) => Protocol;
export const { KexInit } = load('ssh2/lib/protocol/kex.js') as { KexInit: new (offer: object) => object };
export const { sendPacket } = load('ssh2/lib/protocol/utils.js') as {
  readonly sendPacket: (protocol: Protocol, packet: Buffer, inKeyExchange?: boolean) => void;
};
const crypto = load('ssh2/lib/protocol/crypto.js') as {
  readonly init: Promise<void>;
  readonly bindingAvailable: boolean;
};

/** ssh2's native code was built, so its ciphers encrypt in place. */
export const { bindingAvailable } = crypto;

/** Loads what ssh2 loads later than itself. Rejects where another version is installed than the one that is known. */
export async function prepareSsh2(): Promise<void> {
  const { version } = load('ssh2/package.json') as { readonly version: string };
  if (version === TESTED_VERSION) return crypto.init;
  throw new Error(`ssh2 ${version} is installed; only ${TESTED_VERSION} is known to work`);
}
