import { createPublicKey } from 'node:crypto';
import { KeyError } from './key-error.ts';
import { wireReader, type WireReader } from './wire.ts';

/** A public key as its wire format says it (RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4). */
export interface PublicKey {
  readonly type: string;
  /** Of the modulus, or of the curve. */
  readonly bits: number;
}

/** Below this RSA keys can be factored with means that exist. */
const RSA_BITS_MIN = 2048;
/** As OpenSSH: a larger modulus would only burn time in each verification. */
const RSA_BITS_MAX = 16_384;

const ED25519_BYTES = 32;

/** Reads what follows the type and answers the number of bits. */
type FieldsReader = (fields: WireReader) => number;

const READERS: Readonly<Record<string, FieldsReader>> = {
  'ssh-ed25519': readEd25519,
  'ecdsa-sha2-nistp256': (fields) => readEcdsa(fields, 'nistp256', 'P-256', 256),
  'ecdsa-sha2-nistp384': (fields) => readEcdsa(fields, 'nistp384', 'P-384', 384),
  'ecdsa-sha2-nistp521': (fields) => readEcdsa(fields, 'nistp521', 'P-521', 521),
  'ssh-rsa': readRsa,
};

/** Why a type that people do have is refused. */
const REFUSALS: readonly { readonly sign: RegExp; readonly reason: string }[] = [
  { sign: /-cert-v\d+@openssh\.com$/, reason: 'certificates are not supported; give the public key itself' },
  { sign: /^(sk-|webauthn-sk-)/, reason: 'keys on security tokens (FIDO) are not supported' },
  { sign: /^ssh-dss$/, reason: 'DSA keys are too weak; make a new key with: ssh-keygen -t ed25519' },
];

/** Checks a public key in wire format to its last byte; `type` is what the line around it claims. Throws `KeyError`. */
export function readPublicKey(type: string, blob: Uint8Array): PublicKey {
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (read === undefined) throw new KeyError(reasonToRefuse(type));
  const fields = wireReader(blob);
  const inner = fields.text();
  if (inner !== type) throw new KeyError(`the line says ${type}, but the key in it is another`);
  const bits = read(fields);
  fields.end();
  return { type, bits };
}

function reasonToRefuse(type: string): string {
  return (
    REFUSALS.find(({ sign }) => sign.test(type))?.reason ??
    `keys of type ${type.slice(0, 64)} are not supported`
  );
}

function readEd25519(fields: WireReader): number {
  if (fields.bytes().length !== ED25519_BYTES) throw new KeyError('the key has the wrong length');
  return 256;
}

function readEcdsa(fields: WireReader, curve: string, jwkCurve: string, bits: number): number {
  if (fields.text() !== curve) throw new KeyError('the key names another curve than its type does');
  const point = fields.bytes();
  const size = Math.ceil(bits / 8);
  if (point[0] !== 4 || point.length !== 1 + 2 * size) throw new KeyError('the key has the wrong length');
  checkOnCurve(jwkCurve, point.subarray(1, 1 + size), point.subarray(1 + size));
  return bits;
}

/** OpenSSL refuses to import a point that is not on its curve. */
function checkOnCurve(crv: string, x: Uint8Array, y: Uint8Array): void {
  const text = (number: Uint8Array): string => Buffer.from(number).toString('base64url');
  try {
    createPublicKey({ format: 'jwk', key: { kty: 'EC', crv, x: text(x), y: text(y) } });
  } catch (cause) {
    throw new KeyError('the key is not a point on its curve', { cause });
  }
}

function readRsa(fields: WireReader): number {
  const exponent = fields.mpint();
  const modulus = fields.mpint();
  if (exponent.length === 0 || ((exponent.at(-1) ?? 0) & 1) === 0)
    throw new KeyError('the key has an impossible exponent');
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < RSA_BITS_MIN)
    throw new KeyError(`the RSA key has ${bits} bits; at least ${RSA_BITS_MIN} are needed`);
  if (bits > RSA_BITS_MAX)
    throw new KeyError(`the RSA key has ${bits} bits; at most ${RSA_BITS_MAX} are accepted`);
  return bits;
}
