import { statfs } from 'node:fs/promises';
import type { Capabilities } from '../../capabilities.ts';
import { nameOfDescriptor } from './descriptors.ts';

const CAPABILITIES: Capabilities = {
  symlinks: true,
  hardLinks: true,
  sparse: true,
  xattrs: false,
  locks: false,
  inodes: false,
  resolvesPaths: true,
  nanoseconds: false,
  limits: false,
  persistent: true,
};

const FAT: Partial<Capabilities> = { symlinks: false, hardLinks: false, sparse: false };

/** What file systems lack, by their number in statfs(2). */
const MISSING: ReadonlyMap<number, Partial<Capabilities>> = new Map([
  [0x4d44, FAT], // vfat
  [0x2011_bab0, FAT], // exfat
]);

/** What a folder of the host can do, given its file system. */
export async function capabilitiesOn(fd: number): Promise<Capabilities> {
  const { type } = await statfs(nameOfDescriptor(fd));
  return { ...CAPABILITIES, ...MISSING.get(type) };
}
