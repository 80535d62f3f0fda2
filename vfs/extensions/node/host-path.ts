import { resolve } from 'node:path';
import { VfsError } from '../../errors.ts';
import { decodeText, encodeText } from '../../names.ts';

/*
 * Paths of the host as bytes, since its names need not be UTF-8.
 */

const SLASH = Buffer.from('/');

/** A path of the host as a caller gives it. */
export type HostPath = string | Buffer;

/** The same as an absolute path without a slash at its end. */
export function hostPath(path: HostPath): Buffer {
  if (typeof path === 'string') return Buffer.from(resolve(path));
  const absolute = path[0] === SLASH[0] ? path : hostJoin(Buffer.from(process.cwd()), path);
  let end = absolute.length;
  while (end > 1 && absolute[end - 1] === SLASH[0]) end--;
  return absolute.subarray(0, end);
}

/** A name in a directory of the host. */
export function hostJoin(directory: Buffer, name: Uint8Array): Buffer {
  return Buffer.concat([directory, SLASH, name]);
}

/** The directory of a path. */
export function hostParent(path: Buffer): Buffer {
  return path.subarray(0, path.lastIndexOf('/'));
}

/** A path for a message. */
export function hostText(path: Uint8Array): string {
  return decodeText(path);
}

/** A name of a storage as the host has it. Throws where a damaged storage holds a name that would lead out of its directory. */
export function hostName(name: string): Uint8Array {
  const isImpossible =
    name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0');
  if (isImpossible) {
    throw new VfsError('EIO', { detail: `the storage is damaged: it holds the name "${name}"` });
  }
  return encodeText(name);
}
