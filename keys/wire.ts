import { KeyError } from './key-error.ts';

/*
 * The data types of RFC 4251 section 5 that keys are made of.
 */

/** `string`: four bytes of length, then the bytes. */
export function wireString(value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([wireUint32(bytes.length), bytes]);
}

export function wireUint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** `mpint` of an unsigned big-endian number: no needless zeros, and one where the highest bit would read as a sign. */
export function wireMpint(value: Uint8Array): Uint8Array {
  const first = value.findIndex((byte) => byte !== 0);
  if (first === -1) return wireString(new Uint8Array());
  const significant = value.subarray(first);
  const negative = ((significant[0] ?? 0) & 0x80) !== 0;
  return wireString(negative ? Buffer.concat([Uint8Array.of(0), significant]) : significant);
}

export interface WireReader {
  /** The next `string`. */
  bytes(): Uint8Array;
  text(): string;
  /** The next `mpint`, without leading zeros. */
  mpint(): Uint8Array;
  /** Throws when bytes are left over. */
  end(): void;
}

/** Reads the fields of a key one after the other; every breach throws `KeyError`. */
export function wireReader(blob: Uint8Array): WireReader {
  const view = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  let at = 0;
  const bytes = (): Uint8Array => {
    if (view.length - at < 4) throw new KeyError('the key is cut short');
    const length = view.readUInt32BE(at);
    at += 4;
    if (length > view.length - at) throw new KeyError('the key is cut short');
    at += length;
    return view.subarray(at - length, at);
  };
  return {
    bytes,
    text: () => Buffer.from(bytes()).toString('latin1'),
    mpint: () => {
      const value = bytes();
      if (((value[0] ?? 0) & 0x80) !== 0) throw new KeyError('the key holds a negative number');
      const first = value.findIndex((byte) => byte !== 0);
      return first === -1 ? new Uint8Array() : value.subarray(first);
    },
    end: () => {
      if (at !== view.length) throw new KeyError('the key has bytes left over');
    },
  };
}
