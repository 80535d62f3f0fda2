import { encodeText } from '../../vfs/names.ts';

const TWO_TO_32 = 0x1_0000_0000;
const FIRST_SIZE = 1024;

/** Builds one packet after the other in a buffer that grows and is used again. */
export class WireWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #length = 0;

  /** Forgets the packet before; leaves room for the length. */
  begin(type: number): void {
    this.#length = 4;
    this.uint8(type);
  }

  uint8(value: number): void {
    const start = this.#room(1);
    this.#length = this.#bytes.writeUInt8(value, start);
  }

  uint32(value: number): void {
    const start = this.#room(4);
    this.#length = this.#bytes.writeUInt32BE(value >>> 0, start);
  }

  /** A whole number from 0 to 2^53 - 1. */
  uint64(value: number): void {
    this.uint32(value / TWO_TO_32);
    this.uint32(value);
  }

  bytes(value: Uint8Array): void {
    this.uint32(value.length);
    const start = this.#room(value.length);
    this.#bytes.set(value, start);
    this.#length += value.length;
  }

  text(value: string): void {
    this.bytes(encodeText(value));
  }

  /** One byte a character, as `WireReader.handle` reads it. */
  handle(value: string): void {
    this.uint32(value.length);
    const start = this.#room(value.length);
    this.#length += this.#bytes.write(value, start, 'latin1');
  }

  /** The packet so far, its length filled in; it counts `following` bytes more. A view, good until `begin`. */
  end(following = 0): Uint8Array {
    this.#bytes.writeUInt32BE(this.#length - 4 + following, 0);
    return this.#bytes.subarray(0, this.#length);
  }

  /** Where the next `size` bytes go. May move the buffer: to be asked before it is written to. */
  #room(size: number): number {
    const needed = this.#length + size;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    return this.#length;
  }
}
