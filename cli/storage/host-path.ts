import { decodeText, encodeText } from '../../vfs/names.ts';
import { Failure } from '../failure.ts';

/*
 * Paths of the host as bytes, since its names need not be UTF-8.
 */

const SLASH = Buffer.from('/');

/** A name in a directory of the host. */
export function hostJoin(directory: Buffer, name: Uint8Array): Buffer {
  return Buffer.concat([directory, SLASH, name]);
}

/** A path for a message. */
export function hostText(path: Uint8Array): string {
  return decodeText(path);
}

/** A name of a storage as the host has it. Throws where a damaged storage holds a name that would lead out of its directory. */
export function hostName(name: string): Uint8Array {
  const impossible =
    name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0');
  if (impossible)
    throw new Failure(`the storage is damaged: it holds the name "${name}"; see anyfs storage check`);
  return encodeText(name);
}
