import { VfsError } from '../errors.ts';
import { encodeText } from '../names.ts';

/** The encodings of `node:fs` that work without Node. */
export type Encoding =
  | 'utf8'
  | 'utf-8'
  | 'latin1'
  | 'binary'
  | 'ascii'
  | 'hex'
  | 'base64'
  | 'base64url'
  | 'utf16le'
  | 'utf-16le'
  | 'ucs2'
  | 'ucs-2';

/** How names are answered: as text, or as bytes. */
export type NameEncoding = Encoding | 'buffer';

interface Codec {
  readonly encode: (text: string) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => string;
}

const encoder = new TextEncoder();

const utf8: Codec = {
  encode: (text) => encoder.encode(text),
  decode: (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
};

const bytesOfCharacters = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

const latin1: Codec = { encode: bytesOfCharacters, decode: charactersOf };

const ascii: Codec = {
  encode: bytesOfCharacters,
  decode: (bytes) => charactersOf(bytes.map((byte) => byte & 0x7f)),
};

const hex: Codec = {
  // Node stops at the first pair that is none.
  encode: (text) => {
    const [digits = ''] = /^(?:[0-9a-f]{2})*/i.exec(text) ?? [];
    return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  },
  decode: (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''),
};

/** Of both alphabets, and whatever is no digit of them is passed over, as Node does. */
const base64: Codec = {
  encode: (text) => {
    const [digits = ''] = text.replaceAll('-', '+').replaceAll('_', '/').split('=', 1);
    const known = digits.replaceAll(/[^A-Za-z0-9+/]/g, '');
    // One digit alone is not a byte.
    return bytesOfCharacters(atob(known.length % 4 === 1 ? known.slice(0, -1) : known));
  },
  decode: (bytes) => btoa(charactersOf(bytes)),
};

const base64url: Codec = {
  encode: base64.encode,
  decode: (bytes) => base64.decode(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
};

const utf16le: Codec = {
  encode: (text) => {
    const bytes = new Uint8Array(text.length * 2);
    const view = new DataView(bytes.buffer);
    for (let index = 0; index < text.length; index++) view.setUint16(index * 2, text.charCodeAt(index), true);
    return bytes;
  },
  decode: (bytes) =>
    new TextDecoder('utf-16le', { ignoreBOM: true }).decode(bytes.subarray(0, bytes.length & ~1)),
};

const CODECS: { readonly [E in Encoding]: Codec } = {
  utf8,
  'utf-8': utf8,
  latin1,
  binary: latin1,
  ascii,
  hex,
  base64,
  base64url,
  utf16le,
  'utf-16le': utf16le,
  ucs2: utf16le,
  'ucs-2': utf16le,
};

/** Bytes of what a caller gives to be written. */
export function encode(data: string | Uint8Array, encoding: Encoding = 'utf8'): Uint8Array {
  return typeof data === 'string' ? codecOf(encoding).encode(data) : data;
}

/** Bytes as text. */
export function decode(bytes: Uint8Array, encoding: Encoding): string {
  return codecOf(encoding).decode(bytes);
}

/** `EINVAL` for an encoding that does not exist, before anything is done. */
export function checkEncoding(encoding: NameEncoding | null | undefined): void {
  if (encoding !== null && encoding !== undefined && encoding !== 'buffer') codecOf(encoding);
}

/** A name in an encoding; without one, and in UTF-8, as the storage has it: lossless. */
export function nameAs<B extends Uint8Array>(
  name: string,
  encoding: NameEncoding | null | undefined,
  toBytes: (bytes: Uint8Array) => B,
): string | B {
  if (encoding === null || encoding === undefined || encoding === 'utf8' || encoding === 'utf-8') return name;
  const bytes = encodeText(name);
  return encoding === 'buffer' ? toBytes(bytes) : decode(bytes, encoding);
}

function codecOf(encoding: Encoding): Codec {
  const codec = Object.hasOwn(CODECS, encoding) ? CODECS[encoding] : undefined;
  if (codec === undefined) throw new VfsError('EINVAL', { detail: `unknown encoding '${encoding}'` });
  return codec;
}

/** One character for each byte, in pieces that a call can take. */
function charactersOf(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}
