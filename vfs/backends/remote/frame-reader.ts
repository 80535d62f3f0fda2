import { VfsError } from '../../errors.ts';
import type { ChannelLimits } from './channel.ts';
import { unpack } from './message-pack.ts';
import { NOTHING, type Message, type WireValue } from './wire-value.ts';

/** Lengths of head and payload, 32 bits each, before them. */
export const FRAME_START = 8;

interface Arriving {
  readonly head: readonly WireValue[];
  readonly payload: Buffer;
  filled: number;
}

/** Cuts the bytes that arrive into messages. Payloads are copied once, to where they stay. */
export class FrameReader {
  readonly #limits: ChannelLimits;
  readonly #chunks: Buffer[] = [];
  #available = 0;
  /** A message whose head is there, while its payload is still arriving. */
  #arriving: Arriving | undefined;

  constructor(limits: ChannelLimits) {
    this.#limits = limits;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#available += chunk.length;
  }

  /** True when a message has begun and its end is not there yet. */
  get midMessage(): boolean {
    return this.#arriving !== undefined || this.#available > 0;
  }

  /** The next whole message, if it is there. Throws `EINVAL` for what is none: the rest cannot be told apart. */
  next(): Message | undefined {
    this.#arriving ??= this.#begin();
    const arriving = this.#arriving;
    if (arriving === undefined) return undefined;
    const { head, payload } = arriving;
    while (arriving.filled < payload.length && this.#available > 0) {
      const part = this.#takeFirst(payload.length - arriving.filled);
      payload.set(part, arriving.filled);
      arriving.filled += part.length;
    }
    if (arriving.filled < payload.length) return undefined;
    this.#arriving = undefined;
    return { head, payload: payload.length === 0 ? NOTHING : payload };
  }

  #begin(): Arriving | undefined {
    if (this.#available < FRAME_START) return undefined;
    const start = this.#peek(FRAME_START);
    const headLength = start.readUInt32BE(0);
    const payloadLength = start.readUInt32BE(4);
    if (headLength > this.#limits.headMax) refuse(`a message of ${headLength} bytes`);
    if (payloadLength > this.#limits.payloadMax) refuse(`a payload of ${payloadLength} bytes`);
    if (this.#available < FRAME_START + headLength) return undefined;
    const head = unpack(this.#take(FRAME_START + headLength).subarray(FRAME_START));
    if (!Array.isArray(head)) return refuse('a message that is no list');
    return { head: head as WireValue[], payload: Buffer.allocUnsafeSlow(payloadLength), filled: 0 };
  }

  /** The next bytes, which are there, without taking them. Copied only where they lie in several chunks. */
  #peek(length: number): Buffer {
    const first = this.#chunks[0] as Buffer;
    return first.length >= length ? first : Buffer.concat(this.#chunks, length);
  }

  #take(length: number): Buffer {
    if ((this.#chunks[0] as Buffer).length >= length) return this.#takeFirst(length);
    const taken = Buffer.allocUnsafeSlow(length);
    for (let at = 0; at < length;) {
      const part = this.#takeFirst(length - at);
      taken.set(part, at);
      at += part.length;
    }
    return taken;
  }

  /** Up to so many bytes of the first chunk. */
  #takeFirst(most: number): Buffer {
    const first = this.#chunks[0] as Buffer;
    const part = first.subarray(0, most);
    this.#available -= part.length;
    if (part.length === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(part.length);
    return part;
  }
}

function refuse(what: string): never {
  throw new VfsError('EINVAL', { detail: `protocol error: ${what}` });
}
