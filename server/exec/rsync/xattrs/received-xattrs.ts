import { EXIT, protocolError, RsyncError } from '../exit.ts';
import type { Input } from '../wire/input.ts';
import type { Output } from '../wire/output.ts';
import type { XattrNames } from './names.ts';
import { byName } from './read-xattrs.ts';
import { isLong, VALUE_DIGEST_BYTES, type Xattr } from './xattr.ts';

/** Attributes of one set, and bytes of a name, at most. */
const ATTRIBUTES_MAX = 65_536;
/** Bytes of a value at most; what is longer than a storage takes is refused by it. */
const VALUE_MAX = 64 * 1024 * 1024;
/** Bytes of all sets and of the values that have come, at most: they are in memory. */
const HELD_MAX = 256 * 1024 * 1024;
/** Bytes that an attribute takes beside its name and value. */
const OVERHEAD = 200;

/** One attribute of a set. */
export interface WantedXattr extends Xattr {
  /** Its place in the set as it was sent, from 1. */
  readonly place: number;
  /** Of a long value: nobody has needed it yet, it is to be asked for, it has been. */
  state: 'whole' | 'unknown' | 'wanted' | 'asked';
  /** A short value, or a long one that has come. */
  value: Uint8Array | undefined;
}

interface XattrSet {
  readonly xattrs: WantedXattr[];
  /** Entries that have the set. */
  users: number;
}

const NONE: readonly WantedXattr[] = [];

/** The sets of extended attributes of a list that has come, and the long values as they come (receive_xattr, xattrs.c). */
export class ReceivedXattrs {
  readonly #names: XattrNames;
  readonly #sets: XattrSet[] = [];
  #held = 0;

  constructor(names: XattrNames) {
    this.#names = names;
  }

  /** Reads the attributes of an entry; answers the number of the set. Changes nothing before its last read. */
  read(input: Input): number {
    const reference = input.varint();
    if (reference < 0 || reference > this.#sets.length)
      throw protocolError(`a set of extended attributes is out of range: ${reference}`);
    if (reference > 0) return this.#use(reference - 1);
    const count = bounded(input.varint(), ATTRIBUTES_MAX);
    const xattrs: WantedXattr[] = [];
    for (let place = 1; place <= count; place++) {
      const xattr = readXattr(input, place, this.#names);
      if (xattr !== undefined) xattrs.push(xattr);
    }
    for (const { name, datum } of xattrs) this.#hold(OVERHEAD + name.length + datum.length);
    // Names that are stored under other ones come in another order.
    return this.#use(this.#sets.push({ xattrs: xattrs.sort(byName), users: 0 }) - 1);
  }

  of(set: number): readonly WantedXattr[] {
    return this.#sets[set]?.xattrs ?? NONE;
  }

  /** Asks for the values that are wanted (send_xattr_request, xattrs.c). */
  writeRequest(output: Output, set: number): void {
    let before = 0;
    for (const xattr of this.#inOrderSent(set)) {
      if (xattr.state !== 'wanted') continue;
      xattr.state = 'asked';
      output.varint(xattr.place - before);
      before = xattr.place;
    }
    output.byte(0);
  }

  /** Reads the values that come with an item: those that were asked for (recv_xattr_request, xattrs.c). */
  async readValues(input: Input, set: number): Promise<void> {
    let place = 0;
    for (;;) {
      const step = await input.parse((bytes) => bytes.varint());
      if (step === 0) return;
      place += step;
      const xattr = this.of(set).find((one) => one.place === place);
      if (xattr === undefined || xattr.value !== undefined)
        throw protocolError(`a value has come of an extended attribute that there is not: ${place}`);
      const length = await input.parse((bytes) => bounded(bytes.varint(), VALUE_MAX));
      this.#hold(length);
      xattr.value = await readValue(input, length);
      xattr.state = 'asked';
    }
  }

  /** An entry is done; values that no other one has are let go. */
  over(set: number): void {
    const known = this.#sets[set];
    if (known?.users !== 1) return;
    for (const xattr of known.xattrs) {
      if (xattr.state !== 'asked' || xattr.value === undefined) continue;
      this.#held -= xattr.value.length;
      xattr.value = undefined;
    }
  }

  #use(set: number): number {
    const known = this.#sets[set];
    if (known !== undefined) known.users++;
    return set;
  }

  #inOrderSent(set: number): WantedXattr[] {
    return this.of(set).toSorted((a, b) => a.place - b.place);
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    if (this.#held > HELD_MAX) throw new RsyncError(EXIT.memory, 'there are too many extended attributes');
  }
}

function readXattr(input: Input, place: number, names: XattrNames): WantedXattr | undefined {
  const nameLength = bounded(input.varint(), ATTRIBUTES_MAX);
  const length = bounded(input.varint(), VALUE_MAX);
  const text = input.text(nameLength);
  const datum = input.bytes(isLong(length) ? VALUE_DIGEST_BYTES : length);
  if (!text.endsWith('\0')) throw protocolError('the name of an extended attribute has no end');
  const name = names.storedAs(text.slice(0, -1));
  if (name === undefined) return undefined;
  return isLong(length)
    ? { name, length, datum, place, state: 'unknown', value: undefined }
    : { name, length, datum, place, state: 'whole', value: datum };
}

async function readValue(input: Input, length: number): Promise<Uint8Array> {
  const value = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const piece = await input.some(length - at);
    value.set(piece, at);
    at += piece.length;
  }
  return value;
}

function bounded(value: number, most: number): number {
  if (value < 0 || value > most) throw protocolError('an extended attribute is too long');
  return value;
}
