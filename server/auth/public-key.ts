import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import ssh2 from 'ssh2';
import { addressMatches } from '../../keys/address-patterns.ts';
import type { AuthorizedKey } from '../../keys/authorized-keys.ts';
import { USER_KEY_SIGNATURES } from '../ssh/algorithms.ts';
import { messageReader, type MessageReader } from '../ssh/wire.ts';
import type { Account } from './account.ts';

/** A login by public key as the client asks for it (RFC 4252 section 7). */
export interface PublicKeyRequest {
  /** The signature algorithm, `rsa-sha2-512` for example. */
  readonly algorithm: string;
  readonly blob: Uint8Array;
  /** Absent: would this key do? */
  readonly signature: Uint8Array | undefined;
  /** Bytes of the request that are signed, counted from its first. */
  readonly signedLength: number;
}

export function readPublicKeyRequest(fields: MessageReader): PublicKeyRequest {
  const signed = fields.boolean();
  const algorithm = fields.text();
  const blob = fields.bytes();
  const signedLength = fields.position();
  return { algorithm, blob, signedLength, signature: signed ? fields.bytes() : undefined };
}

/** The account's key of the request, if it may be used from that address at that time (milliseconds since 1970). */
export function findUsableKey(
  account: Account | undefined,
  request: PublicKeyRequest,
  address: string,
  now: number,
): AuthorizedKey | undefined {
  const type = USER_KEY_SIGNATURES[request.algorithm]?.keyType;
  if (type === undefined || account?.enabled !== true) return undefined;
  return account.keys.find(
    (key) => key.type === type && sameBytes(key.blob, request.blob) && isAllowed(key, address, now),
  );
}

function isAllowed({ options }: AuthorizedKey, address: string, now: number): boolean {
  if (options.expiryTime !== undefined && now >= options.expiryTime * 1000) return false;
  return options.from === undefined || addressMatches(options.from, address);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Has the key's owner signed that? False also for a signature by another algorithm than the request names (RFC 8332 section 3.2). */
export function isSignedBy(key: AuthorizedKey, request: PublicKeyRequest, signed: Uint8Array): boolean {
  const { algorithm, signature } = request;
  const hash = USER_KEY_SIGNATURES[algorithm]?.hash;
  if (signature === undefined || hash === undefined) return false;
  try {
    const fields = messageReader(Buffer.concat([Uint8Array.of(0), signature]));
    if (fields.text() !== algorithm) return false;
    const value = fields.bytes();
    if (fields.rest().length > 0) return false;
    return verifySignature(key, hash, signed, value);
  } catch {
    // Malformed, or refused by OpenSSL.
    return false;
  }
}

function verifySignature(
  key: AuthorizedKey,
  hash: string | null,
  signed: Uint8Array,
  value: Uint8Array,
): boolean {
  const publicKey = publicKeyObject(key);
  if (key.type.startsWith('ecdsa-')) {
    const bytes = rawEcdsa(value, publicKey);
    return verify(hash, signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, bytes);
  }
  if (key.type === 'ssh-rsa') return verify(hash, signed, publicKey, padded(value, modulusBytes(publicKey)));
  return verify(hash, signed, publicKey, value);
}

function publicKeyObject({ type, blob }: AuthorizedKey): KeyObject {
  const parsed = ssh2.utils.parseKey(`${type} ${Buffer.from(blob).toString('base64')}`);
  if (parsed instanceof Error) throw parsed;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  return createPublicKey((key as ssh2.ParsedKey).getPublicPEM());
}

const CURVE_BYTES: Readonly<Record<string, number>> = { prime256v1: 32, secp384r1: 48, secp521r1: 66 };

/** From two `mpint`s (RFC 5656 section 3.1.2) to two numbers of the curve's width. */
function rawEcdsa(value: Uint8Array, key: KeyObject): Uint8Array {
  const width = CURVE_BYTES[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 0;
  const numbers = messageReader(Buffer.concat([Uint8Array.of(0), value]));
  return Buffer.concat([padded(numbers.bytes(), width), padded(numbers.bytes(), width)]);
}

function modulusBytes(key: KeyObject): number {
  return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}

/** The number at exactly `width` bytes: some clients leave leading zeros out, an `mpint` has one more. Throws where it is wider. */
function padded(number: Uint8Array, width: number): Uint8Array {
  const first = number.findIndex((byte) => byte !== 0);
  const significant = first === -1 ? new Uint8Array() : number.subarray(first);
  if (significant.length > width) throw new RangeError('the number is wider than its key');
  return Buffer.concat([Buffer.alloc(width - significant.length), significant]);
}
