import { readlinkSync, type BigIntStats } from 'node:fs';
import { constants, open, stat, type FileHandle } from 'node:fs/promises';
import { VfsError } from '../../errors.ts';
import { encodeText } from '../../names.ts';

const { O_DIRECTORY, O_NOFOLLOW } = constants;
/** Opens a place in the tree and not what is there. Linux, on every architecture that Node runs on; Node does not name it. */
const O_PATH = 0o10_000_000;

/*
 * Linux gives each descriptor a name, /proc/self/fd/N, that leads to what is open and nowhere else, whatever happens
 * to its path. So /proc/self/fd/N/name is `name` in that very directory, as openat(2) has it.
 */

/** The name of what a descriptor has open. Unlike other symlinks it is no text: nothing can be swapped under it. */
export function nameOfDescriptor(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/** The host's name of an entry of the directory that a descriptor has open; `name` is one name of a canonical path. */
export function nameInDirectory(fd: number, name: string): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), encodeText(name)]);
}

/** Where the kernel finds what is open, now. It never waits: nothing but the kernel's memory is asked. */
export function placeOf(fd: number): Buffer {
  return readlinkSync(nameOfDescriptor(fd), { encoding: 'buffer' });
}

/** Opens an entry of whatever type as a place, a symlink itself: neither read nor entered, and without effect on a device. */
export function openPlace(entry: Buffer): Promise<FileHandle> {
  return open(entry, O_PATH | O_NOFOLLOW);
}

/** Opens a directory as a place. A symlink is `ENOTDIR`. */
export function openDirectoryPlace(entry: Buffer): Promise<FileHandle> {
  return open(entry, O_PATH | O_NOFOLLOW | O_DIRECTORY);
}

/** Opens the directory that shall be the root; links on the way to it are the caller's own. */
export async function openRootPlace(root: string): Promise<FileHandle> {
  const handle = await open(root, O_PATH | O_DIRECTORY);
  try {
    await checkDescriptorsHaveNames(handle);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** `ENOTSUP` without a /proc that works. */
async function checkDescriptorsHaveNames(handle: FileHandle): Promise<void> {
  const byNumber = await handle.stat({ bigint: true });
  const byName = await stat(nameOfDescriptor(handle.fd), { bigint: true }).catch(() => undefined);
  if (byName?.ino === byNumber.ino && byName.dev === byNumber.dev) return;
  throw new VfsError('ENOTSUP', { detail: 'a storage on the host needs /proc' });
}

/** Closes it after the work, however that ends. */
export async function whileOpen<T>(handle: FileHandle, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await handle.close();
  }
}

export function statDescriptor(handle: FileHandle): Promise<BigIntStats> {
  return handle.stat({ bigint: true });
}
