import { copyBytes } from '../../vfs/copy-bytes.ts';
import { RandomPool } from '../random-pool.ts';
import { MESSAGE } from './messages.ts';
import type { Borrowed, Slabs } from './slabs.ts';

/** One of ssh2's ciphers that encrypts where a packet lies. `encrypt` also hands the packet to the connection's writer. */
export interface InPlaceCipher {
  /** A packet with its first five bytes (length, padding length) and its padding filled in, and room for payload and MAC. */
  allocPacket(payloadLength: number): Buffer;
  encrypt(packet: Buffer): void;
}

/** Type, channel and length before the bytes of a CHANNEL_DATA. */
const DATA_HEADER = 9;
const PACKET_HEADER = 5;
/** Layouts remembered by length of payload; most messages of a session are of few lengths. */
const LAYOUTS_MAX = 256;

interface Layout {
  readonly size: number;
  readonly head: Buffer;
  readonly padding: number;
}

/**
 * Packs bytes into as many CHANNEL_DATA messages as they need, all in one buffer, encrypted where they lie. ssh2's own
 * way costs an allocation and a call for random bytes a message, together more than the encryption.
 */
export class Sealer {
  readonly #cipher: InPlaceCipher;
  readonly #slabs: Slabs;
  readonly #layouts = new Map<number, Layout>();
  readonly #random = new RandomPool();

  constructor(cipher: InPlaceCipher, slabs: Slabs) {
    this.#cipher = cipher;
    this.#slabs = slabs;
  }

  /** `packet`: bytes of data in one message at most. The caller drops what the cipher writes meanwhile. */
  seal(channel: number, bytes: Uint8Array, packet: number): Borrowed {
    const layouts: Layout[] = [];
    let total = 0;
    for (let at = 0; at < bytes.length; at += packet) {
      const layout = this.#layout(DATA_HEADER + Math.min(packet, bytes.length - at));
      layouts.push(layout);
      total += layout.size;
    }
    const sealed = this.#slabs.borrow(total);
    let place = 0;
    let taken = 0;
    for (const layout of layouts) {
      const frame = sealed.bytes.subarray(place, (place += layout.size));
      this.#fill(frame, layout, channel, bytes.subarray(taken, (taken += packet)));
      this.#cipher.encrypt(frame);
    }
    return sealed;
  }

  #fill(frame: Buffer, { head, padding }: Layout, channel: number, data: Uint8Array): void {
    frame.set(head);
    frame[PACKET_HEADER] = MESSAGE.channelData;
    frame.writeUInt32BE(channel, PACKET_HEADER + 1);
    frame.writeUInt32BE(data.length, PACKET_HEADER + 5);
    copyBytes(data, frame, PACKET_HEADER + DATA_HEADER);
    frame.set(this.#random.take(padding), PACKET_HEADER + DATA_HEADER + data.length);
  }

  #layout(payloadLength: number): Layout {
    const known = this.#layouts.get(payloadLength);
    if (known !== undefined) return known;
    const sample = this.#cipher.allocPacket(payloadLength);
    const head = Buffer.from(sample.subarray(0, PACKET_HEADER));
    const layout = { size: sample.length, head, padding: sample[PACKET_HEADER - 1] as number };
    if (this.#layouts.size >= LAYOUTS_MAX) this.#layouts.clear();
    this.#layouts.set(payloadLength, layout);
    return layout;
  }
}
