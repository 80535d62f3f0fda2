import { VfsError } from '../../vfs/errors.ts';
import { decodeText } from '../../vfs/names.ts';

const TWO_TO_32 = 0x1_0000_0000;
/** The upper half of 2^53 - 1. */
const UPPER_MAX = 0x1f_ffff;

/**
 * Reads the fields of one packet in order. Every breach of its bounds is `EINVAL`, which a client gets as BAD_MESSAGE.
 * One reader serves all packets of a session, one after the other.
 */
export class WireReader {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #payload: Uint8Array | undefined;

  /** `body`: the packet after its type. `payload`: the data of a WRITE where it is not in `body` but in a buffer of its own. */
  begin(body: Buffer, payload?: Uint8Array): void {
    this.#bytes = body;
    this.#at = 0;
    this.#payload = payload;
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  /** Throws `EFBIG` beyond 2^53 - 1: what is below counts in numbers. */
  uint64(): number {
    const start = this.#take(8);
    const upper = this.#bytes.readUInt32BE(start);
    if (upper > UPPER_MAX) throw new VfsError('EFBIG');
    return upper * TWO_TO_32 + this.#bytes.readUInt32BE(start + 4);
  }

  /** A string as a view of the packet. */
  bytes(): Buffer {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A string that is a path, a name or a link's target, lossless (vfs/names.ts). */
  text(): string {
    return decodeText(this.bytes());
  }

  /** A handle: one character a byte, which is what a table looks up fastest. */
  handle(): string {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#bytes.toString('latin1', start, start + length);
  }

  /**
   * The data of a WRITE, which ends the packet whatever is left over: Go's pkg/sftp up to 1.13.5 (rclone 1.60) sends
   * its whole buffer after a last part that is shorter. OpenSSH's server passes over it, too.
   */
  data(): Uint8Array {
    if (this.#payload === undefined) {
      const bytes = this.bytes();
      this.#at = this.#bytes.length;
      return bytes;
    }
    this.#take(4);
    return this.#payload;
  }

  /** A string that holds 32-bit numbers. */
  numbers(): number[] {
    const bytes = this.bytes();
    if (bytes.length % 4 !== 0)
      throw new VfsError('EINVAL', { detail: 'the packet holds a part of a number' });
    return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32BE(index * 4));
  }

  /** Throws where bytes are left over. */
  end(): void {
    if (this.#at < this.#bytes.length)
      throw new VfsError('EINVAL', { detail: 'the packet is longer than its fields' });
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) {
      throw new VfsError('EINVAL', { detail: 'the packet is shorter than its fields' });
    }
    this.#at = start + length;
    return start;
  }
}
