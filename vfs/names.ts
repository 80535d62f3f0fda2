import type { OpName } from './backend.ts';
import { VfsError } from './errors.ts';

/*
 * Names are bytes. In JavaScript a name is a string in which a byte that is not part of valid UTF-8 is the lone
 * surrogate U+DC00 + byte (0x80..0xff), lossless both ways (as in Python's PEP 383).
 */

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Text of bytes, lossless. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return decodeEscaping(bytes);
  }
}

/** Names of nothing but ASCII are parts of one memory: one of its own for each costs more than its bytes. */
const POOL_BYTES = 8192;
/** Units of text that may be in it. */
const POOLED_MAX = 256;
let pool = new Uint8Array(POOL_BYTES);
let pooled = 0;

/**
 * Bytes of text, lossless, perhaps in a part of an `ArrayBuffer` that others have parts of. Throws `EINVAL` on a lone surrogate that
 * stands for no byte.
 */
export function encodeText(text: string, op?: OpName): Uint8Array {
  const short = text.length <= POOLED_MAX ? encodeAscii(text) : undefined;
  if (short !== undefined) return short;
  return text.isWellFormed() ? encoder.encode(text) : encodeEscaped(text, op);
}

/** Absent where it is not all ASCII. */
function encodeAscii(text: string): Uint8Array | undefined {
  const { length } = text;
  if (pooled + length > POOL_BYTES) {
    pool = new Uint8Array(POOL_BYTES);
    pooled = 0;
  }
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return undefined;
    pool[pooled + index] = unit;
  }
  const bytes = pool.subarray(pooled, pooled + length);
  pooled += length;
  return bytes;
}

/** The one text among those with the same bytes: what `decodeText(encodeText(text))` gives. */
export function canonicalText(text: string, op?: OpName): string {
  return text.isWellFormed() ? text : decodeText(encodeEscaped(text, op));
}

/** Length of `encodeText(text)`. */
export function byteLength(text: string): number {
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80 || isEscape(text, index)) length += 1;
    else if (unit < 0x800) length += 2;
    else if (isPair(text, index)) {
      length += 4;
      index++;
    } else length += 3;
  }
  return length;
}

/** Orders names as their bytes, unsigned. */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    if (left < 0x80 || right < 0x80 || (left < 0xd800 && right < 0xd800)) return left - right;
    return compareBytes(encodeText(a), encodeText(b));
  }
  return a.length - b.length;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function isPair(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  if (unit < 0xd800 || unit > 0xdbff) return false;
  const next = text.charCodeAt(index + 1);
  return next >= 0xdc00 && next <= 0xdfff;
}

/** A low surrogate that stands for a byte. The caller has stepped over whole pairs, so what it meets is lone. */
function isEscape(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc80 && unit <= 0xdcff;
}

function encodeEscaped(text: string, op: OpName | undefined): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    if (isEscape(text, index)) {
      bytes[length++] = text.charCodeAt(index) - 0xdc00;
      continue;
    }
    const end = isPair(text, index) ? index + 2 : index + 1;
    const character = text.slice(index, end);
    if (!character.isWellFormed())
      throw new VfsError('EINVAL', { op, detail: 'text holds a lone surrogate' });
    length += encoder.encodeInto(character, bytes.subarray(length)).written;
    index = end - 1;
  }
  return bytes.slice(0, length);
}

/** Decodes the longest valid runs and escapes each byte between them. */
function decodeEscaping(bytes: Uint8Array): string {
  let text = '';
  let index = 0;
  while (index < bytes.length) {
    const width = sequenceWidth(bytes, index);
    if (width === 0) text += String.fromCharCode(0xdc00 + (bytes[index++] ?? 0));
    else {
      text += strictDecoder.decode(bytes.subarray(index, index + width));
      index += width;
    }
  }
  return text;
}

/** Length of the valid UTF-8 sequence at `index`, or 0. Table 3-7 of the Unicode standard. */
function sequenceWidth(bytes: Uint8Array, index: number): number {
  const lead = bytes[index] ?? 0;
  if (lead < 0x80) return 1;
  const width =
    lead >= 0xc2 && lead <= 0xdf
      ? 2
      : lead >= 0xe0 && lead <= 0xef
        ? 3
        : lead >= 0xf0 && lead <= 0xf4
          ? 4
          : 0;
  if (width === 0 || index + width > bytes.length) return 0;
  const second = bytes[index + 1] ?? 0;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let at = 2; at < width; at++) {
    const byte = bytes[index + at] ?? 0;
    if (byte < 0x80 || byte > 0xbf) return 0;
  }
  return width;
}
