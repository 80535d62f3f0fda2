import ssh2, { type ParsedKey } from 'ssh2';
import * as algorithms from './algorithms.ts';
import { Slabs } from './slabs.ts';
import { KexInit, prepareSsh2 } from './ssh2.ts';

/** The server's keys and what it offers, the same for all connections. */
export interface Identity {
  readonly hostKeys: Readonly<Record<string, ParsedKey>>;
  readonly offer: object;
  /** What follows `SSH-2.0-` in the first line. */
  readonly software: string;
  readonly slabs: Slabs;
}

/** Makes the server ready to greet: checks the version of ssh2 and the host keys. Throws where one cannot be used. */
export async function prepareIdentity(hostKeys: readonly string[], software: string): Promise<Identity> {
  await prepareSsh2();
  const byAlgorithm: Record<string, ParsedKey> = {};
  for (const text of hostKeys) {
    const key = parsePrivateKey(text);
    for (const name of algorithms.HOST_KEY_SIGNATURES[key.type] ?? []) byAlgorithm[name] ??= key;
  }
  const serverHostKey = Object.keys(byAlgorithm);
  if (serverHostKey.length === 0) throw new Error('there is no usable host key');
  const direction = {
    cipher: algorithms.CIPHERS,
    mac: algorithms.MACS,
    compress: algorithms.COMPRESSIONS,
    lang: [],
  };
  const kex = [...algorithms.KEY_EXCHANGES, algorithms.STRICT_KEY_EXCHANGE];
  const offer = new KexInit({ kex, serverHostKey, cs: direction, sc: direction });
  return { hostKeys: byAlgorithm, offer, software, slabs: new Slabs() };
}

function parsePrivateKey(text: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error)
    throw new Error(`a host key cannot be read: ${parsed.message}`, { cause: parsed });
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || !key.isPrivateKey()) throw new Error('a host key is not a private key');
  return key;
}
