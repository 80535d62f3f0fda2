import { decodeText, encodeText } from '../../../../vfs/names.ts';

/*
 * Names are bytes on rsync's wire. Inside this folder they are strings with one character a byte (Latin-1), which
 * compare as the bytes do; the VFS has names as its own text (vfs/names.ts).
 */

// oxlint-disable-next-line no-control-regex -- exactly the characters that are the same either way
const ASCII = /^[\0-\x7f]*$/;

/** A name as the VFS has it. */
export function toVfsText(bytes: string): string {
  return ASCII.test(bytes) ? bytes : decodeText(Buffer.from(bytes, 'latin1'));
}

/** A name of the VFS with one character a byte. */
export function fromVfsText(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(encodeText(text)).toString('latin1');
}
