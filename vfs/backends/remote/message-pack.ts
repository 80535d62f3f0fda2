import { VfsError } from '../../errors.ts';
import { decodeText, encodeText } from '../../names.ts';
import type { WireValue } from './wire-value.ts';

/*
 * MessagePack (github.com/msgpack/msgpack/blob/master/spec.md) without maps and extensions, strict in both directions:
 * nothing of what a hostile peer says is believed before its bytes are there.
 */

const DEPTH_MAX = 8;
const FIRST_SIZE = 256;

/** Packs values into a buffer of its own, which it uses again. */
export class Packer {
  #buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #at = 0;

  /** The bytes of one value after `reserve` bytes of room, good until the next call. */
  pack(value: WireValue, reserve = 0): Buffer {
    this.#at = 0;
    this.#room(reserve);
    this.#at = reserve;
    this.#value(value);
    return this.#buffer.subarray(0, this.#at);
  }

  #room(length: number): void {
    if (this.#at + length <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#at + length));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }

  #value(value: WireValue): void {
    if (typeof value === 'number') return this.#number(value);
    if (typeof value === 'string') return this.#text(value);
    if (value === null) return this.#byte(0xc0);
    if (typeof value === 'boolean') return this.#byte(value ? 0xc3 : 0xc2);
    if (value instanceof Uint8Array) return this.#bytes(value);
    this.#head(value.length, { fix: 0x90, fixMax: 15, long: [undefined, 0xdc, 0xdd] });
    for (const item of value) this.#value(item);
  }

  #byte(byte: number): void {
    this.#room(1);
    this.#buffer[this.#at++] = byte;
  }

  #number(value: number): void {
    this.#room(9);
    const buffer = this.#buffer;
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      buffer[this.#at] = 0xcb;
      this.#at = buffer.writeDoubleBE(value, this.#at + 1);
    } else if (value >= 0 && value < 0x80) buffer[this.#at++] = value;
    else if (value < 0 && value >= -32) buffer[this.#at++] = 0x100 + value;
    else if (value >= 0 && value <= 0xffff_ffff) {
      buffer[this.#at] = 0xce;
      this.#at = buffer.writeUInt32BE(value, this.#at + 1);
    } else {
      buffer[this.#at] = 0xd3;
      this.#at = buffer.writeBigInt64BE(BigInt(value), this.#at + 1);
    }
  }

  #text(text: string): void {
    if (!text.isWellFormed()) return this.#bytes(encodeText(text));
    const length = Buffer.byteLength(text);
    this.#head(length, { fix: 0xa0, fixMax: 31, long: [0xd9, 0xda, 0xdb] });
    this.#room(length);
    this.#at += this.#buffer.write(text, this.#at, length, 'utf8');
  }

  #bytes(bytes: Uint8Array): void {
    this.#head(bytes.length, { fix: 0, fixMax: -1, long: [0xc4, 0xc5, 0xc6] });
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** The kind and the length of what follows. */
  #head(length: number, { fix, fixMax, long: [byte, short, word] }: Lengths): void {
    this.#room(5);
    const buffer = this.#buffer;
    if (length <= fixMax) buffer[this.#at++] = fix | length;
    else if (byte !== undefined && length <= 0xff) {
      buffer[this.#at] = byte;
      this.#at = buffer.writeUInt8(length, this.#at + 1);
    } else if (length <= 0xffff) {
      buffer[this.#at] = short;
      this.#at = buffer.writeUInt16BE(length, this.#at + 1);
    } else {
      buffer[this.#at] = word;
      this.#at = buffer.writeUInt32BE(length, this.#at + 1);
    }
  }
}

/** How lengths of one kind are said: within the first byte, or in 1, 2 or 4 bytes after it. */
interface Lengths {
  readonly fix: number;
  readonly fixMax: number;
  readonly long: readonly [number | undefined, number, number];
}

/** The value that these bytes are, all of them. Throws `EINVAL` for what is none. Byte strings are views of `bytes`. */
export function unpack(bytes: Buffer): WireValue {
  const reader = new Unpacker(bytes);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Unpacker {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  end(): void {
    if (this.#at !== this.#buffer.length) refuse('bytes after the value');
  }

  value(depth: number): WireValue {
    const first = this.#uint(1);
    if (first < 0x80) return first;
    if (first >= 0xe0) return first - 0x100;
    if (first >= 0xa0 && first < 0xc0) return this.#text(first & 0x1f);
    if (first >= 0x90 && first < 0xa0) return this.#list(first & 0x0f, depth);
    return this.#long(first, depth);
  }

  #long(first: number, depth: number): WireValue {
    switch (first) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#bytes(this.#uint(1 << (first - 0xc4)));
      case 0xca:
        return this.#buffer.readFloatBE(this.#skip(4));
      case 0xcb:
        return this.#buffer.readDoubleBE(this.#skip(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#uint(1 << (first - 0xcc));
      case 0xcf:
        return safe(this.#buffer.readBigUInt64BE(this.#skip(8)));
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return this.#int(1 << (first - 0xd0));
      case 0xd3:
        return safe(this.#buffer.readBigInt64BE(this.#skip(8)));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#uint(1 << (first - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#list(this.#uint(2 << (first - 0xdc)), depth);
      default:
        return refuse(`a value of the kind 0x${first.toString(16)}`);
    }
  }

  /** Where so many bytes begin, which are there. */
  #skip(length: number): number {
    const at = this.#at;
    if (length > this.#buffer.length - at) refuse('a value that is cut off');
    this.#at = at + length;
    return at;
  }

  #uint(width: number): number {
    return this.#buffer.readUIntBE(this.#skip(width), width);
  }

  #int(width: number): number {
    return this.#buffer.readIntBE(this.#skip(width), width);
  }

  #bytes(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#buffer.subarray(at, at + length);
  }

  #text(length: number): string {
    const at = this.#skip(length);
    const buffer = this.#buffer;
    let index = at;
    while (index < at + length && (buffer[index] as number) < 0x80) index++;
    if (index === at + length) return buffer.toString('latin1', at, index);
    const text = decodeText(buffer.subarray(at, at + length));
    return text.isWellFormed() ? text : refuse('text that is not UTF-8');
  }

  #list(length: number, depth: number): WireValue[] {
    if (depth >= DEPTH_MAX) refuse('lists too deep in one another');
    // Each item has a byte at least: no room is made for what cannot be there.
    if (length > this.#buffer.length - this.#at) refuse('a list that is cut off');
    const list: WireValue[] = [];
    for (let index = 0; index < length; index++) list.push(this.value(depth + 1));
    return list;
  }
}

function safe(value: bigint): number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : refuse('an integer beyond 2^53 - 1');
}

function refuse(what: string): never {
  throw new VfsError('EINVAL', { detail: `protocol error: ${what}` });
}
