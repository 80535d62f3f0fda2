import { createHash } from 'node:crypto';

/** MAX_FULL_DATUM, xattrs.c: longer values are told by their digest. */
export const WHOLE_VALUE_MAX = 32;
/** MD5, whatever is negotiated for files: xattrs need protocol 30 (xattr_sum_nni, compat.c). */
export const VALUE_DIGEST_BYTES = 16;

/** One extended attribute as a file list tells it (rsync_xa, xattrs.c). */
export interface Xattr {
  /** With its namespace; one character a byte. */
  readonly name: string;
  /** Bytes of the value. */
  readonly length: number;
  /** The value, or the digest of a long one. */
  readonly datum: Uint8Array;
}

export function xattrOf(name: string, value: Uint8Array): Xattr {
  return { name, length: value.length, datum: isLong(value.length) ? digestOf(value) : value };
}

export function isLong(length: number): boolean {
  return length > WHOLE_VALUE_MAX;
}

export function isSameValue(a: Xattr, b: Xattr): boolean {
  return a.length === b.length && Buffer.compare(a.datum, b.datum) === 0;
}

function digestOf(value: Uint8Array): Uint8Array {
  return createHash('md5').update(value).digest();
}
