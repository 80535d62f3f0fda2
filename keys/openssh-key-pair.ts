import { generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { wireMpint, wireString, wireUint32 } from './wire.ts';

const generate = promisify(generateKeyPair);

export interface OpensshKeyPair {
  /** The text of an unencrypted `OPENSSH PRIVATE KEY` file. */
  readonly privateText: string;
  /** One line as in a `.pub` file. */
  readonly publicLine: string;
}

/** The numbers of a key, each as unsigned big-endian bytes (RFC 7518 names). */
type Numbers = (name: 'n' | 'e' | 'd' | 'p' | 'q' | 'qi' | 'x' | 'y') => Uint8Array;

interface KeyKind {
  readonly make: () => Promise<{ privateKey: KeyObject }>;
  /** The fields after the type: of the public key, and of the private key in OpenSSH's own format. */
  readonly publicFields: (number: Numbers) => Uint8Array[];
  readonly privateFields: (number: Numbers) => Uint8Array[];
}

const KINDS = {
  'ssh-ed25519': {
    make: () => generate('ed25519'),
    publicFields: (number) => [wireString(number('x'))],
    privateFields: (number) => [
      wireString(number('x')),
      wireString(Buffer.concat([number('d'), number('x')])),
    ],
  },
  'ecdsa-sha2-nistp256': {
    make: () => generate('ec', { namedCurve: 'P-256' }),
    publicFields: (number) => [wireString('nistp256'), wireString(point(number))],
    privateFields: (number) => [wireString('nistp256'), wireString(point(number)), wireMpint(number('d'))],
  },
  'ssh-rsa': {
    make: () => generate('rsa', { modulusLength: 3072 }),
    publicFields: (number) => [wireMpint(number('e')), wireMpint(number('n'))],
    privateFields: (number) =>
      (['n', 'e', 'd', 'qi', 'p', 'q'] as const).map((name) => wireMpint(number(name))),
  },
} as const satisfies Record<string, KeyKind>;

export type GeneratedKeyType = keyof typeof KINDS;

/**
 * A new key pair in the files' format of OpenSSH (PROTOCOL.key). Written here because ssh2's generator drops a
 * leading zero byte of an ed25519 public key, which spoils one key in 256.
 */
export async function generateOpensshKeyPair(
  type: GeneratedKeyType,
  comment: string,
): Promise<OpensshKeyPair> {
  const kind: KeyKind = KINDS[type];
  const { privateKey } = await kind.make();
  const numbers = privateKey.export({ format: 'jwk' });
  const number: Numbers = (name) => Buffer.from(numbers[name] as string, 'base64url');
  const publicBlob = Buffer.concat([wireString(type), ...kind.publicFields(number)]);
  const secret = Buffer.concat([wireString(type), ...kind.privateFields(number), wireString(comment)]);
  return {
    privateText: armored(privateFile(publicBlob, secret)),
    publicLine: `${type} ${publicBlob.toString('base64')} ${comment}\n`,
  };
}

/** An uncompressed point of a curve (SEC 1, 2.3.3). */
function point(number: Numbers): Uint8Array {
  return Buffer.concat([Uint8Array.of(4), number('x'), number('y')]);
}

function privateFile(publicBlob: Uint8Array, secret: Uint8Array): Buffer {
  const check = randomBytes(4);
  const unpadded = Buffer.concat([check, check, secret]);
  const padding = Uint8Array.from({ length: -unpadded.length & 7 }, (_, index) => index + 1);
  const none = wireString('none');
  return Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none,
    none,
    wireString(''),
    wireUint32(1),
    wireString(publicBlob),
    wireString(Buffer.concat([unpadded, padding])),
  ]);
}

function armored(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
    '\n',
  );
}
