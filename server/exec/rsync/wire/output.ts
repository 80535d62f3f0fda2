import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, SessionEnded } from '../exit.ts';
import { MULTIPLEX_BASE, TAG, type Tag } from './tags.ts';

/** Bytes of a frame at most, its header included. */
const FRAME_BYTES = 64 * 1024;
const HEADER_BYTES = 4;
/** Bytes of a text in one message at most. */
const TEXT_MAX = 4000;
const scratch = Buffer.alloc(16);

/**
 * Writes to the peer, with or without multiplexing (the write_* family and send_msg, io.c). Values gather in frames;
 * what has gathered is sent when a frame is full, and at the latest at the end of the event loop's turn. Whoever writes
 * much waits for `room` now and then.
 */
export class Output {
  readonly #stream: Writable;
  readonly #signal: AbortSignal;
  multiplexed = false;
  #frame = Buffer.allocUnsafeSlow(FRAME_BYTES);
  #length = HEADER_BYTES;
  #scheduled = false;
  /** Bytes a second at most (`--bwlimit`); 0: as fast as it goes. */
  limit = 0;
  /** When the next bytes may go, where there is a limit. */
  #due = 0;
  /** Bytes sent so far, and when anything was (milliseconds of the clock of `performance`). */
  sent = 0;
  sentAt = performance.now();

  constructor(stream: Writable, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#frame[this.#length++] = value;
  }

  short(value: number): void {
    this.#reserve(2);
    this.#length = this.#frame.writeUInt16LE(value & 0xffff, this.#length);
  }

  int(value: number): void {
    this.#reserve(4);
    this.#length = this.#frame.writeInt32LE(value | 0, this.#length);
  }

  /** Before protocol 30 (write_longint). */
  longint(value: number): void {
    if (value >= 0 && value <= 0x7fff_ffff) return this.int(value);
    this.int(-1);
    this.#reserve(8);
    this.#length = this.#frame.writeBigInt64LE(BigInt(value), this.#length);
  }

  varint(value: number): void {
    scratch.writeInt32LE(value | 0, 0);
    this.#variable(4, 1);
  }

  varlong(value: number, least: number): void {
    scratch.writeBigInt64LE(BigInt(value), 0);
    this.#variable(8, least);
  }

  vstring(text: string): void {
    if (text.length > 0x7f) this.byte((text.length >> 8) | 0x80);
    this.byte(text.length & 0xff);
    this.text(text);
  }

  /** One byte a character. */
  text(text: string): void {
    if (text.length > FRAME_BYTES - HEADER_BYTES) return this.bytes(Buffer.from(text, 'latin1'));
    this.#reserve(text.length);
    this.#length += this.#frame.write(text, this.#length, 'latin1');
  }

  bytes(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      this.#reserve(1);
      const piece = bytes.subarray(at, at + FRAME_BYTES - this.#length);
      this.#frame.set(piece, this.#length);
      this.#length += piece.length;
      at += piece.length;
    }
  }

  /** A message between frames of data. */
  message(tag: Tag, payload: Uint8Array): void {
    this.flush();
    const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
    this.#header(frame, tag, payload.length);
    frame.set(payload, HEADER_BYTES);
    this.#write(frame);
  }

  /** A text for the person at the client; one character a byte, with its line end. */
  say(tag: Tag, text: string): void {
    this.message(tag, Buffer.from(text.slice(0, TEXT_MAX), 'latin1'));
  }

  messageInt(tag: Tag, value: number): void {
    const payload = Buffer.alloc(4);
    payload.writeInt32LE(value | 0);
    this.message(tag, payload);
  }

  /** Something to show that we live: a frame of no data (protocols 30 and newer take one at any time). */
  keepAlive(): void {
    if (!this.multiplexed || this.full) return;
    if (this.#length > HEADER_BYTES) this.flush();
    else this.message(TAG.data, new Uint8Array(0));
  }

  /** Sends what has gathered. */
  flush(): void {
    if (this.#length === HEADER_BYTES) return;
    const start = this.multiplexed ? 0 : HEADER_BYTES;
    if (this.multiplexed) this.#header(this.#frame, TAG.data, this.#length - HEADER_BYTES);
    // A small frame is copied, so that its buffer goes on being filled.
    const small = this.#length <= FRAME_BYTES / 4;
    const part = this.#frame.subarray(start, this.#length);
    this.#length = HEADER_BYTES;
    if (small) return this.#write(Buffer.from(part));
    this.#frame = Buffer.allocUnsafeSlow(FRAME_BYTES);
    this.#write(part);
  }

  /** Whether `room` would wait. */
  get full(): boolean {
    return this.#stream.writableNeedDrain || this.#owed > 0;
  }

  /** Waits until the peer takes more. Throws `SessionEnded` where it is gone. */
  async room(): Promise<void> {
    while (this.#stream.writableNeedDrain && !this.#gone) await this.#changed('drain');
    if (this.#owed > 0 && !this.#gone) await sleep(this.#owed);
    if (this.#gone) throw new SessionEnded(EXIT.signal);
  }

  /** Sends what has gathered, and waits until the peer takes more. */
  async flushed(): Promise<void> {
    this.flush();
    await this.room();
  }

  /** Milliseconds to wait for the sake of the limit. */
  get #owed(): number {
    return this.limit === 0 ? 0 : Math.max(0, this.#due - performance.now());
  }

  get #gone(): boolean {
    return this.#signal.aborted || this.#stream.destroyed;
  }

  #changed(event: 'drain'): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#stream.off(event, done);
        this.#stream.off('close', done);
        this.#signal.removeEventListener('abort', done);
        resolve();
      };
      this.#stream.once(event, done);
      this.#stream.once('close', done);
      this.#signal.addEventListener('abort', done, { once: true });
    });
  }

  /** `scratch` as the shortest form of at least `least` bytes: the highest byte first, then low to high. */
  #variable(width: number, least: number): void {
    let count = width;
    while (count > least && scratch[count - 1] === 0) count--;
    const top = scratch[count - 1] ?? 0;
    const bit = 1 << (7 - count + least);
    this.#reserve(count + 1);
    if (top >= bit) {
      this.#frame[this.#length++] = ~(bit - 1) & 0xff;
      this.#length += scratch.copy(this.#frame, this.#length, 0, count);
      return;
    }
    this.#frame[this.#length++] = count > least ? top | (~(2 * bit - 1) & 0xff) : top;
    this.#length += scratch.copy(this.#frame, this.#length, 0, count - 1);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes > FRAME_BYTES) this.flush();
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  #header(frame: Buffer, tag: Tag, length: number): void {
    frame.writeUIntLE(length, 0, 3);
    frame.writeUInt8(tag + MULTIPLEX_BASE, 3);
  }

  #write(bytes: Buffer): void {
    if (this.#gone) return;
    this.sent += bytes.length;
    this.sentAt = performance.now();
    if (this.limit > 0) this.#due = Math.max(this.#due, this.sentAt) + (bytes.length / this.limit) * 1000;
    this.#stream.write(bytes);
  }
}
