import { EXIT, protocolError, RsyncError } from '../exit.ts';
import type { Source } from './source.ts';
import { MULTIPLEX_BASE, TAG } from './tags.ts';

/** Says that a value is not complete yet; never seen outside. */
const INCOMPLETE = Symbol('incomplete');
/** Bytes of a message that is not data at most: rsync's own buffers are smaller. */
const MESSAGE_MAX = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** Bytes after the first one of a varint, by its leading one bits (int_byte_extra, io.c). */
function extraBytes(first: number): number {
  return first < 0x80 ? 0 : first >= 0xfc ? 6 : Math.clz32(~(first << 24));
}

/**
 * Reads what the peer sends, with or without multiplexing (read_a_msg and the read_* family, io.c).
 *
 * Values are read by synchronous functions that `parse` runs, from their beginning again where bytes were missing; so
 * they change nothing before their last read. Frames are opened when their bytes are asked for, not before: with
 * protocol 30 the stream leaves multiplexing for a while.
 */
export class Input {
  readonly #source: Source;
  readonly #onMessage: (tag: number, payload: Buffer) => void;
  #multiplexed = false;
  #window: Buffer = EMPTY;
  #at = 0;
  /** Bytes that have come and are not part of the window: with multiplexing, they begin inside or at a frame. */
  #raw: Buffer = EMPTY;
  /** Bytes of the present data frame that are yet to come. */
  #frame = 0;

  constructor(source: Source, onMessage: (tag: number, payload: Buffer) => void) {
    this.#source = source;
    this.#onMessage = onMessage;
  }

  /** From the next byte on; what has come already counts. */
  set multiplexed(on: boolean) {
    if (on && !this.#multiplexed) {
      this.#raw = Buffer.concat([this.#window.subarray(this.#at), this.#raw]);
      this.#window = EMPTY;
      this.#at = 0;
    }
    this.#multiplexed = on;
  }

  /** Runs `read` until all of its bytes are there. */
  async parse<T>(read: (input: Input) => T): Promise<T> {
    for (;;) {
      const value = this.attempt(read);
      if (value !== INCOMPLETE) return value;
      await this.more();
    }
  }

  /** As `parse`, without waiting; `Input.incomplete(value)` tells whether bytes were missing. */
  attempt<T>(read: (input: Input) => T): T | typeof INCOMPLETE {
    const start = this.#at;
    try {
      return read(this);
    } catch (error) {
      if (error !== INCOMPLETE) throw error;
      this.#at = start;
      return INCOMPLETE;
    }
  }

  static incomplete(value: unknown): value is typeof INCOMPLETE {
    return value === INCOMPLETE;
  }

  /** Waits for more bytes than there are. */
  async more(): Promise<void> {
    if (!(await this.#fill()))
      throw new RsyncError(EXIT.stream, 'the connection ended in the middle of a session');
  }

  /** 1 to `length` bytes, as many as are there, in the peer's own buffer. */
  async some(length: number): Promise<Buffer> {
    while (this.#at === this.#window.length) await this.more();
    const bytes = this.#window.subarray(this.#at, this.#at + length);
    this.#at += bytes.length;
    return bytes;
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) left -= (await this.some(left)).length;
  }

  /** Reads and drops all that comes until the peer ends its side. */
  async drain(): Promise<void> {
    for (;;) {
      this.#at = this.#window.length;
      if (!(await this.#fill())) return;
    }
  }

  byte(): number {
    const value = this.#window[this.#at];
    if (value === undefined) throw INCOMPLETE;
    this.#at++;
    return value;
  }

  /** The next byte, which stays. */
  peek(): number {
    const value = this.#window[this.#at];
    if (value === undefined) throw INCOMPLETE;
    return value;
  }

  short(): number {
    const at = this.#take(2);
    return this.#window.readUInt16LE(at);
  }

  /** Signed, as all of rsync's. */
  int(): number {
    const at = this.#take(4);
    return this.#window.readInt32LE(at);
  }

  /** Before protocol 30 (read_longint). */
  longint(): number {
    const small = this.int();
    return small === -1 ? this.#safe(this.#window.readBigInt64LE(this.#take(8))) : small;
  }

  varint(): number {
    const first = this.byte();
    const extra = extraBytes(first);
    if (extra === 0) return first;
    if (extra > 4) throw protocolError('a number is too large');
    let value = 0;
    for (let index = 0; index < extra; index++) value |= this.byte() << (8 * index);
    const high = extra < 4 ? first & ((1 << (8 - extra)) - 1) : 0;
    return extra < 4 ? value | (high << (8 * extra)) : value | 0;
  }

  /** Of at least `least` bytes; signed 64 bits, within what a number holds. */
  varlong(least: number): number {
    const at = this.#take(least);
    const first = this.#window.readUInt8(at);
    const extra = extraBytes(first);
    const bytes = Buffer.alloc(9);
    this.#window.copy(bytes, 0, at + 1, at + least);
    if (extra === 0) bytes[least - 1] = first;
    else {
      if (least + extra > 9) throw protocolError('a number is too large');
      const more = this.#take(extra);
      this.#window.copy(bytes, least - 1, more, more + extra);
      bytes[least + extra - 1] = first & ((1 << (8 - extra)) - 1);
      if (least + extra === 9 && bytes[8] !== 0) throw protocolError('a number is too large');
    }
    return this.#safe(bytes.readBigInt64LE(0));
  }

  /** A length byte or two, and the bytes (read_vstring), one character a byte. */
  vstring(): string {
    const first = this.byte();
    const length = first & 0x80 ? ((first & 0x7f) << 8) | this.byte() : first;
    return this.text(length);
  }

  /** One character a byte. */
  text(length: number): string {
    const at = this.#take(length);
    return this.#window.toString('latin1', at, at + length);
  }

  /** A copy. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return new Uint8Array(this.#window.subarray(at, at + length));
  }

  #safe(value: bigint): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw protocolError('a number is too large');
    return number;
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#window.length) throw INCOMPLETE;
    this.#at += length;
    return at;
  }

  /** Adds to the window; answers false at the end of the stream. */
  async #fill(): Promise<boolean> {
    const piece = this.#multiplexed || this.#frame > 0 ? await this.#framedPiece() : await this.#rawPiece();
    if (piece === undefined) return false;
    const left = this.#window.subarray(this.#at);
    this.#window = left.length === 0 ? piece : Buffer.concat([left, piece]);
    this.#at = 0;
    return true;
  }

  async #rawPiece(): Promise<Buffer | undefined> {
    const piece = this.#raw;
    this.#raw = EMPTY;
    return piece.length > 0 ? piece : this.#source.next();
  }

  async #framedPiece(): Promise<Buffer | undefined> {
    while (this.#frame === 0) {
      const header = await this.#framed(4);
      if (header === undefined) return undefined;
      const length = header.readUIntLE(0, 3);
      const tag = header.readUInt8(3) - MULTIPLEX_BASE;
      if (tag === TAG.data) this.#frame = length;
      else await this.#message(tag, length);
    }
    if (this.#raw.length === 0) this.#raw = (await this.#source.next()) ?? EMPTY;
    if (this.#raw.length === 0) return undefined;
    const piece = this.#raw.subarray(0, this.#frame);
    this.#raw = this.#raw.subarray(piece.length);
    this.#frame -= piece.length;
    return piece;
  }

  async #message(tag: number, length: number): Promise<void> {
    if (length > MESSAGE_MAX) throw protocolError('a message is too long');
    const payload = await this.#framed(length);
    if (payload === undefined) throw new RsyncError(EXIT.stream, 'the connection ended inside a message');
    this.#onMessage(tag, payload);
  }

  /** Exactly so many raw bytes; absent where the stream ends before. */
  async #framed(length: number): Promise<Buffer | undefined> {
    while (this.#raw.length < length) {
      const piece = await this.#source.next();
      if (piece === undefined) return undefined;
      this.#raw = this.#raw.length === 0 ? piece : Buffer.concat([this.#raw, piece]);
    }
    const bytes = this.#raw.subarray(0, length);
    this.#raw = this.#raw.subarray(length);
    return bytes;
  }
}
