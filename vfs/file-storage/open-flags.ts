import type { OpenFlags } from '../backend.ts';
import { VfsError } from '../errors.ts';

/** How a file is opened, and whether all writes go to its end. */
export interface FileFlags {
  readonly open: OpenFlags;
  readonly append: boolean;
  /** `ELOOP` where the last name is a symlink. */
  readonly noFollow?: boolean;
  /** `ENOTDIR` for anything but a directory. */
  readonly directory?: boolean;
}

const READ: OpenFlags = { access: 'r' };
const CREATE = 'if-missing';
const EXCLUSIVE = 'exclusive';

const FLAGS = new Map<string, FileFlags>(
  Object.entries({
    r: { open: READ, append: false },
    rs: { open: READ, append: false },
    'r+': { open: { access: 'rw' }, append: false },
    'rs+': { open: { access: 'rw' }, append: false },
    w: { open: { access: 'w', create: CREATE, truncate: true }, append: false },
    wx: { open: { access: 'w', create: EXCLUSIVE }, append: false },
    'w+': { open: { access: 'rw', create: CREATE, truncate: true }, append: false },
    'wx+': { open: { access: 'rw', create: EXCLUSIVE }, append: false },
    a: { open: { access: 'w', create: CREATE }, append: true },
    as: { open: { access: 'w', create: CREATE }, append: true },
    ax: { open: { access: 'w', create: EXCLUSIVE }, append: true },
    'a+': { open: { access: 'rw', create: CREATE }, append: true },
    'as+': { open: { access: 'rw', create: CREATE }, append: true },
    'ax+': { open: { access: 'rw', create: EXCLUSIVE }, append: true },
  }),
);

/** The orders in which Node also takes the letters. */
const SAME_FLAGS = new Map(
  Object.entries({
    sr: 'rs',
    'sr+': 'rs+',
    xw: 'wx',
    'xw+': 'wx+',
    xa: 'ax',
    'xa+': 'ax+',
    sa: 'as',
    'sa+': 'as+',
  }),
);

/** Linux's numbers, which are those of `fs.constants` there. */
export const constants = {
  F_OK: 0,
  X_OK: 1,
  W_OK: 2,
  R_OK: 4,
  COPYFILE_EXCL: 1,
  COPYFILE_FICLONE: 2,
  COPYFILE_FICLONE_FORCE: 4,
  S_IFMT: 0o170_000,
  S_IFREG: 0o100_000,
  S_IFDIR: 0o040_000,
  S_IFLNK: 0o120_000,
  S_IFCHR: 0o020_000,
  S_IFBLK: 0o060_000,
  S_IFIFO: 0o010_000,
  S_IFSOCK: 0o140_000,
  S_IRWXU: 0o700,
  S_IRUSR: 0o400,
  S_IWUSR: 0o200,
  S_IXUSR: 0o100,
  S_IRWXG: 0o070,
  S_IRGRP: 0o040,
  S_IWGRP: 0o020,
  S_IXGRP: 0o010,
  S_IRWXO: 0o007,
  S_IROTH: 0o004,
  S_IWOTH: 0o002,
  S_IXOTH: 0o001,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_DIRECTORY: 0o200_000,
  O_NOFOLLOW: 0o400_000,
} as const;

const ACCESS = ['r', 'w', 'rw'] as const;

/** Flags as `node:fs` takes them: `'r'`, `'wx+'`, … or numbers. `EINVAL` for others. */
export function fileFlags(flags: string | number): FileFlags {
  if (typeof flags === 'number') return numericFlags(flags);
  const found = FLAGS.get(SAME_FLAGS.get(flags) ?? flags);
  if (found === undefined) throw new VfsError('EINVAL', { op: 'open', detail: `unknown flags '${flags}'` });
  return found;
}

function numericFlags(flags: number): FileFlags {
  const access = ACCESS[flags & 3];
  if (access === undefined) throw new VfsError('EINVAL', { op: 'open', detail: `unknown flags ${flags}` });
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const create = has(constants.O_CREAT) ? (has(constants.O_EXCL) ? EXCLUSIVE : CREATE) : undefined;
  const truncate = has(constants.O_TRUNC) ? true : undefined;
  return {
    open: { access, create, truncate },
    append: has(constants.O_APPEND),
    noFollow: has(constants.O_NOFOLLOW),
    directory: has(constants.O_DIRECTORY),
  };
}
