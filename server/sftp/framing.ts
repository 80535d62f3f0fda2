import { copyBytes } from '../../vfs/copy-bytes.ts';
import { VfsError } from '../../vfs/errors.ts';
import type { PayloadPool } from './payload-pool.ts';
import { PACKET, PACKET_MAX } from './protocol.ts';

/** One packet as it came. */
export interface Packet {
  readonly type: number;
  /** What follows the type, or for a WRITE with a payload what is before its data. Good until the next `next`. */
  readonly body: Buffer;
  /** The data of a WRITE, in a buffer of its own, of exactly its size and from the pool. */
  readonly payload: Buffer | undefined;
}

/** A packet with the part of it that is still arriving. */
interface Arriving {
  readonly packet: Packet;
  readonly target: Buffer;
  filled: number;
}

const LENGTH_SIZE = 4;
/** Length, type, id and the length of the handle of a WRITE. */
const WRITE_START = 4 + 1 + 4 + 4;
/** Offset and length of the data, after the handle. */
const WRITE_REST = 8 + 4;
/** Longer handles are none of ours, so such a WRITE needs no care. */
const HANDLE_MAX = 255;
const NOTHING = Buffer.alloc(0);

/**
 * Cuts the bytes that arrive into packets (section 3). Data of a WRITE is copied once, from the chunks that it came in
 * to where it stays; other packets are views of their chunk where they lie in one.
 */
export class Framing {
  readonly #pool: PayloadPool;
  readonly #chunks: Buffer[] = [];
  /** Where the first chunk goes on. */
  #at = 0;
  /** Bytes in the chunks that are not taken yet. */
  #available = 0;
  #arriving: Arriving | undefined;

  constructor(pool: PayloadPool) {
    this.#pool = pool;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#available += chunk.length;
  }

  /** True when a packet has begun and its end is not there yet. */
  get midPacket(): boolean {
    return this.#arriving !== undefined || this.#available > 0;
  }

  /** The next whole packet, if it is there. Throws `EINVAL` for a length that no packet has: the rest cannot be told apart. */
  next(): Packet | undefined {
    this.#arriving ??= this.#begin();
    const arriving = this.#arriving;
    if (arriving === undefined) return undefined;
    this.#fill(arriving);
    if (arriving.filled < arriving.target.length) return undefined;
    this.#arriving = undefined;
    return arriving.packet;
  }

  #begin(): Arriving | undefined {
    if (this.#available < LENGTH_SIZE) return undefined;
    const length = this.#peek(LENGTH_SIZE).readUInt32BE(0);
    if (length === 0 || length > PACKET_MAX) {
      throw new VfsError('EINVAL', { detail: `a packet of ${length} bytes` });
    }
    if (this.#available < LENGTH_SIZE + 1) return undefined;
    const type = this.#peek(LENGTH_SIZE + 1).readUInt8(LENGTH_SIZE);
    return type === PACKET.WRITE ? this.#beginWrite(length) : this.#beginWhole(type, length);
  }

  #beginWhole(type: number, length: number): Arriving {
    const whole = LENGTH_SIZE + length;
    if (this.#firstHolds(whole)) {
      const body = this.#take(whole).subarray(LENGTH_SIZE + 1);
      return { packet: { type, body, payload: undefined }, target: NOTHING, filled: 0 };
    }
    this.#take(LENGTH_SIZE + 1);
    const body = Buffer.allocUnsafeSlow(length - 1);
    return { packet: { type, body, payload: undefined }, target: body, filled: 0 };
  }

  /** Waits for the fields before the data. Where they do not fit together, decoding the packet as a whole says so. */
  #beginWrite(length: number): Arriving | undefined {
    if (LENGTH_SIZE + length < WRITE_START) return this.#beginWhole(PACKET.WRITE, length);
    if (this.#available < WRITE_START) return undefined;
    const handleLength = this.#peek(WRITE_START).readUInt32BE(WRITE_START - 4);
    const headLength = WRITE_START + handleLength + WRITE_REST;
    const dataLength = LENGTH_SIZE + length - headLength;
    if (handleLength > HANDLE_MAX || dataLength < 0) return this.#beginWhole(PACKET.WRITE, length);
    if (this.#available < headLength) return undefined;
    const head = this.#peek(headLength);
    if (head.readUInt32BE(headLength - 4) !== dataLength) return this.#beginWhole(PACKET.WRITE, length);
    this.#take(headLength);
    const payload = this.#pool.take(dataLength);
    return {
      packet: { type: PACKET.WRITE, body: head.subarray(LENGTH_SIZE + 1), payload },
      target: payload,
      filled: 0,
    };
  }

  #fill(arriving: Arriving): void {
    const { target } = arriving;
    while (arriving.filled < target.length && this.#available > 0) {
      const first = this.#chunks[0] as Buffer;
      const size = Math.min(target.length - arriving.filled, first.length - this.#at);
      copyBytes(first.subarray(this.#at, this.#at + size), target, arriving.filled);
      arriving.filled += size;
      this.#skip(size);
    }
  }

  #firstHolds(length: number): boolean {
    return (this.#chunks[0] as Buffer).length - this.#at >= length;
  }

  /** The next bytes, which are there, without taking them. Copied only where they lie in several chunks. */
  #peek(length: number): Buffer {
    const first = this.#chunks[0] as Buffer;
    if (this.#firstHolds(length)) return first.subarray(this.#at, this.#at + length);
    const [, ...others] = this.#chunks;
    return Buffer.concat([first.subarray(this.#at), ...others], length);
  }

  #take(length: number): Buffer {
    const bytes = this.#peek(length);
    this.#skip(length);
    return bytes;
  }

  #skip(length: number): void {
    this.#available -= length;
    this.#at += length;
    for (
      let first = this.#chunks[0];
      first !== undefined && this.#at >= first.length;
      first = this.#chunks[0]
    ) {
      this.#at -= first.length;
      this.#chunks.shift();
    }
  }
}
