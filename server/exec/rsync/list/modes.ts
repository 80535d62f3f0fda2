import type { FileType, Stats } from '../../../../vfs/stats.ts';

/** Types in a mode, as Linux has them and rsync sends them. */
export const TYPE = { mask: 0o170000, file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const;

/** Types that no storage here has: character and block devices, pipes, sockets. */
const DEVICES: ReadonlySet<number> = new Set([0o020000, 0o060000]);
const SPECIALS: ReadonlySet<number> = new Set([0o010000, 0o140000]);

export const isDirectory = (mode: number): boolean => (mode & TYPE.mask) === TYPE.directory;
export const isFile = (mode: number): boolean => (mode & TYPE.mask) === TYPE.file;
export const isSymlink = (mode: number): boolean => (mode & TYPE.mask) === TYPE.symlink;
export const isDevice = (mode: number): boolean => DEVICES.has(mode & TYPE.mask);
export const isSpecial = (mode: number): boolean => SPECIALS.has(mode & TYPE.mask);

/** True for what rsync itself would take. */
export function isKnownType(mode: number): boolean {
  return isDirectory(mode) || isFile(mode) || isSymlink(mode) || isDevice(mode) || isSpecial(mode);
}

const BITS: Readonly<Record<FileType, number>> = {
  file: TYPE.file,
  directory: TYPE.directory,
  symlink: TYPE.symlink,
};

/** st_mode. */
export function fullMode({ type, mode }: Stats): number {
  return BITS[type] | mode;
}

export function typeOf(mode: number): FileType | undefined {
  if (isFile(mode)) return 'file';
  if (isDirectory(mode)) return 'directory';
  return isSymlink(mode) ? 'symlink' : undefined;
}
