import { VfsError } from '../errors.ts';

/** The encodings of `node:fs` that work without Node. */
export type Encoding =
  'utf8' | 'utf-8' | 'latin1' | 'binary' | 'ascii' | 'hex' | 'base64' | 'utf16le' | 'ucs2';

interface Codec {
  encode(text: string): Uint8Array;
  decode(bytes: Uint8Array): string;
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
  encode: (text) => Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16)),
  decode: (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''),
};

const base64: Codec = {
  encode: (text) => bytesOfCharacters(atob(text)),
  decode: (bytes) => btoa(charactersOf(bytes)),
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
  utf16le,
  ucs2: utf16le,
};

/** Bytes of what a caller gives to be written. */
export function encode(data: string | Uint8Array, encoding: Encoding = 'utf8'): Uint8Array {
  return typeof data === 'string' ? codecOf(encoding).encode(data) : data;
}

/** Bytes as the caller wants to see them: as they are without an encoding. */
export function decode(bytes: Uint8Array, encoding: Encoding | null | undefined): string | Uint8Array {
  return encoding === null || encoding === undefined ? bytes : codecOf(encoding).decode(bytes);
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
