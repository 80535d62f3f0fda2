import type { OpenFlags } from '../backend.ts';
import { VfsError } from '../errors.ts';

/** How a file is opened, and whether all writes go to its end. */
export interface FileFlags {
  readonly open: OpenFlags;
  readonly append: boolean;
}

const READ: OpenFlags = { access: 'r' };
const CREATE = 'if-missing';
const EXCLUSIVE = 'exclusive';

const FLAGS: Readonly<Record<string, FileFlags>> = {
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
};

/** The flags of open(2) by Linux's numbers, which are those of `fs.constants` there. */
export const constants = {
  F_OK: 0,
  X_OK: 1,
  W_OK: 2,
  R_OK: 4,
  COPYFILE_EXCL: 1,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
} as const;

const ACCESS = ['r', 'w', 'rw'] as const;

/** Flags as `node:fs` takes them: `'r'`, `'wx+'`, … or numbers. `EINVAL` for others. */
export function fileFlags(flags: string | number): FileFlags {
  if (typeof flags === 'number') return numericFlags(flags);
  const found = Object.hasOwn(FLAGS, flags) ? FLAGS[flags] : undefined;
  if (found === undefined) throw new VfsError('EINVAL', { op: 'open', detail: `unknown flags '${flags}'` });
  return found;
}

function numericFlags(flags: number): FileFlags {
  const access = ACCESS[flags & 3];
  if (access === undefined) throw new VfsError('EINVAL', { op: 'open', detail: `unknown flags ${flags}` });
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const create = has(constants.O_CREAT) ? (has(constants.O_EXCL) ? EXCLUSIVE : CREATE) : undefined;
  const truncate = has(constants.O_TRUNC) ? true : undefined;
  return { open: { access, create, truncate }, append: has(constants.O_APPEND) };
}
