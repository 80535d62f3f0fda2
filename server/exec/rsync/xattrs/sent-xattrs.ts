import { protocolError } from '../exit.ts';
import type { Input } from '../wire/input.ts';
import type { Output } from '../wire/output.ts';
import { isLong, type Xattr } from './xattr.ts';

/** A long value that may be asked for once. */
interface LongXattr {
  readonly name: string;
  asked: boolean;
}

/** A long value, with its place in its set. */
export interface XattrValue {
  readonly place: number;
  readonly value: Uint8Array;
}

/** Values that were asked for (send_xattr_request, xattrs.c). */
export function writeXattrValues(output: Output, values: readonly XattrValue[]): void {
  let before = 0;
  for (const { place, value } of values) {
    output.varint(place - before);
    output.varint(value.length);
    output.bytes(value);
    before = place;
  }
  output.byte(0);
}

/** The sets of extended attributes of a list that is sent: each in full once, and by its number after (send_xattr, xattrs.c). */
export class SentXattrs {
  /** By number: the long ones of a set, by their place in it, from 1. */
  readonly #sets: ReadonlyMap<number, LongXattr>[] = [];
  readonly #numbers = new Map<string, number>();

  /** Writes the attributes of an entry; answers the number of the set. */
  write(output: Output, xattrs: readonly Xattr[]): number {
    const key = keyOf(xattrs);
    const known = this.#numbers.get(key);
    output.varint(known === undefined ? 0 : known + 1);
    if (known !== undefined) return known;
    output.varint(xattrs.length);
    for (const { name, length, datum } of xattrs) {
      output.varint(name.length + 1);
      output.varint(length);
      output.text(`${name}\0`);
      output.bytes(datum);
    }
    const long = xattrs.flatMap(({ name, length }, index): [number, LongXattr][] =>
      isLong(length) ? [[index + 1, { name, asked: false }]] : [],
    );
    const number = this.#sets.push(new Map(long)) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  /** Reads which values the receiver is without (recv_xattr_request, xattrs.c). Answers their places and names. */
  async readRequest(input: Input, set: number): Promise<Map<number, string>> {
    const wanted = new Map<number, string>();
    let place = 0;
    for (;;) {
      const step = await input.parse((bytes) => bytes.varint());
      if (step === 0) return wanted;
      place += step;
      const xattr = this.#sets[set]?.get(place);
      if (xattr === undefined || xattr.asked)
        throw protocolError(`an extended attribute is asked for that there is not: ${place}`);
      xattr.asked = true;
      wanted.set(place, xattr.name);
    }
  }
}

function keyOf(xattrs: readonly Xattr[]): string {
  return xattrs
    .map(({ name, length, datum }) => `${name}\0${length}\0${Buffer.from(datum).toString('latin1')}`)
    .join('\0');
}
