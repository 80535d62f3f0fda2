import { VfsError } from '../../errors.ts';
import { decodeText, encodeText } from '../../names.ts';
import { NOTHING, type WireValue } from './wire-value.ts';

/** The bytes that travel beside the fields of a message. */
export interface Beside {
  payload: Uint8Array;
}

/** One kind of value as it travels. */
export interface Codec<T> {
  /** Throws `EINVAL` for a value that is not of the kind, whatever the types say. */
  pack(value: T, beside: Beside): WireValue;
  /** Throws `EINVAL` for what `pack` cannot have made. */
  unpack(value: WireValue, beside: Beside): T;
}

function refuse(what: string): never {
  throw new VfsError('EINVAL', { detail: `${what} was expected` });
}

/** A value that travels as it is. */
function plain<T extends WireValue>(what: string, is: (value: unknown) => value is T): Codec<T> {
  const same = (value: unknown): T => (is(value) ? value : refuse(what));
  return { pack: same, unpack: same };
}

export const number = plain('a number', (value) => typeof value === 'number');
export const boolean = plain('a boolean', (value) => typeof value === 'boolean');

/** Text with names in it, lossless: as its bytes where it holds lone surrogates. */
export const text: Codec<string> = {
  pack: (value) => {
    if (typeof value !== 'string') return refuse('text');
    return value.isWellFormed() ? value : encodeText(value);
  },
  unpack: (value) => {
    if (typeof value === 'string') return value;
    return value instanceof Uint8Array ? decodeText(value) : refuse('text');
  },
};

/** One of a few words or numbers. */
export function oneOf<const T extends string | number>(...words: readonly T[]): Codec<T> {
  return plain(words.join(' or '), (value): value is T => words.includes(value as T));
}

/** Bytes that travel beside the fields; one of a message at most. */
export const bytesBeside: Codec<Uint8Array> = {
  pack: (value, beside) => {
    if (!(value instanceof Uint8Array)) return refuse('bytes');
    beside.payload = value;
    return null;
  },
  unpack: (_, beside) => {
    const { payload } = beside;
    beside.payload = NOTHING;
    return payload;
  },
};

export const nothing: Codec<void> = {
  pack: () => null,
  unpack: () => undefined,
};

/** `undefined` travels as nil. */
export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    pack: (value, beside) => (value === undefined ? null : codec.pack(value, beside)),
    unpack: (value, beside) => (value === null ? undefined : codec.unpack(value, beside)),
  };
}

export function listOf<T>(codec: Codec<T>): Codec<readonly T[]> {
  return {
    pack: (values, beside) => {
      if (!Array.isArray(values)) return refuse('a list');
      return values.map((value: T) => codec.pack(value, beside));
    },
    unpack: (values, beside) => asList(values).map((value) => codec.unpack(value, beside)),
  };
}

/** Codecs for the items of a tuple type. */
export type CodecsOf<A extends readonly unknown[]> = { readonly [I in keyof A]: Codec<A[I]> };

/** The codecs of an object's fields, all of them: one that is added to the type and not here does not compile. */
export type Fields<T> = { readonly [K in keyof T]-?: Codec<T[K]> };

/** An object as the list of its fields, in the order given here. What is `undefined` is left out of what comes back. */
export function record<T extends object>(fields: Fields<T>): Codec<T> {
  const entries = Object.entries(fields) as [keyof T & string, Codec<T[keyof T]>][];
  return {
    pack: (value, beside) => {
      if (typeof value !== 'object' || value === null) return refuse('an object');
      return entries.map(([name, codec]) => codec.pack(value[name], beside));
    },
    unpack: (value, beside) => {
      const list = asList(value);
      if (list.length !== entries.length) return refuse(`a list of ${entries.length}`);
      const object: Partial<T> = {};
      for (let index = 0; index < entries.length; index++) {
        const [name, codec] = entries[index] as (typeof entries)[number];
        const field = codec.unpack(list[index] as WireValue, beside);
        if (field !== undefined) object[name] = field as T[typeof name];
      }
      // Every field of T that is not optional has been read.
      return object as T;
    },
  };
}

export function asList(value: WireValue | undefined): readonly WireValue[] {
  // What is narrowed away, by its type, is a list that may not be changed.
  return Array.isArray(value) ? (value as readonly WireValue[]) : refuse('a list');
}

/** A whole number from 0 up. */
export function asCount(value: WireValue | undefined): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : refuse('a whole number');
}
