/** What a change is made with: the parameters of its statement. */
export type Value = number | Uint8Array | null;

/** A change as it is kept: the number of its statement, and what that was run with. */
export interface Intent {
  readonly change: number;
  readonly values: readonly Value[];
}

const NULL = 0;
const NUMBER = 1;
const BYTES = 2;
/** Number of the change, number of its values. */
const HEAD_BYTES = 2;
const NUMBER_BYTES = 1 + 8;
const LENGTH_BYTES = 1 + 4;
const ROOM_AT_FIRST = 4096;

/** Changes one after the other, as docs/storage-format.md says under "Intents". Grows, and keeps its room until `drop`. */
export class IntentWriter {
  #bytes = Buffer.alloc(0);
  #length: number;
  readonly #headroom: number;
  readonly #most: number;

  /** `headroom`: bytes left free at the beginning, for the caller; `most`: bytes of changes. */
  constructor(headroom: number, most: number) {
    this.#headroom = headroom;
    this.#most = most;
    this.#length = headroom;
  }

  /** Bytes of changes. */
  get length(): number {
    return this.#length - this.#headroom;
  }

  /** False, and nothing is added, where it would be more than there may be. */
  add(change: number, values: readonly Value[]): boolean {
    const size = sizeOf(values);
    if (this.length + size > this.#most) return false;
    this.#reserve(size);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = change;
    bytes[at++] = values.length;
    for (const value of values) {
      if (typeof value === 'number') {
        bytes[at] = NUMBER;
        bytes.writeDoubleLE(value, at + 1);
        at += NUMBER_BYTES;
      } else if (value === null) bytes[at++] = NULL;
      else {
        bytes[at] = BYTES;
        bytes.writeUInt32LE(value.length, at + 1);
        bytes.set(value, at + LENGTH_BYTES);
        at += LENGTH_BYTES + value.length;
      }
    }
    this.#length = at;
    return true;
  }

  /** The headroom, and the changes behind it; valid until the next call. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = this.#headroom;
  }

  /** Lets go of the memory too. */
  drop(): void {
    this.clear();
    this.#bytes = Buffer.alloc(0);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2, ROOM_AT_FIRST));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

function sizeOf(values: readonly Value[]): number {
  let size = HEAD_BYTES;
  for (const value of values) {
    if (typeof value === 'number') size += NUMBER_BYTES;
    else size += value === null ? 1 : LENGTH_BYTES + value.length;
  }
  return size;
}

/** Reads back what an `IntentWriter` wrote. Throws a `RangeError` for anything else. */
export function* readIntents(bytes: Buffer): Iterable<Intent> {
  let at = 0;
  const readValue = (): Value => {
    const tag = bytes.readUInt8(at);
    if (tag === NULL) {
      at += 1;
      return null;
    }
    if (tag === NUMBER) {
      at += NUMBER_BYTES;
      return bytes.readDoubleLE(at - 8);
    }
    if (tag !== BYTES) throw new RangeError(`no value begins with ${tag}`);
    const start = at + LENGTH_BYTES;
    at = start + bytes.readUInt32LE(at + 1);
    if (at > bytes.length) throw new RangeError('a value ends beyond its intent');
    return bytes.subarray(start, at);
  };
  while (at < bytes.length) {
    const change = bytes.readUInt8(at);
    const count = bytes.readUInt8(at + 1);
    at += HEAD_BYTES;
    yield { change, values: Array.from({ length: count }, readValue) };
  }
}
