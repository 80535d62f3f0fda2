import type { OpName } from './backend.ts';
import { VfsError } from './errors.ts';
import type { Call } from './layer.ts';

/** What an argument must be before anybody looks into it; ranges are checked by the store. */
const KINDS = {
  'a string': (value: unknown) => typeof value === 'string',
  'a number': (value: unknown) => typeof value === 'number',
  "a number or 'end'": (value: unknown) => typeof value === 'number' || value === 'end',
  'an object': (value: unknown) => typeof value === 'object' && value !== null,
  'a Uint8Array': (value: unknown) => value instanceof Uint8Array,
} as const;

type Argument = readonly [name: string, kind: keyof typeof KINDS];

const path: Argument = ['path', 'a string'];
const handle: Argument = ['handle', 'a number'];
const position: Argument = ['position', 'a number'];
const length: Argument = ['length', 'a number'];
const mode: Argument = ['mode', 'a number'];
const inode: Argument = ['inode', 'a number'];
const name: Argument = ['name', 'a string'];
const change: Argument = ['change', 'an object'];
const request: Argument = ['request', 'an object'];

const ARGUMENTS: { readonly [K in OpName]: readonly Argument[] } = {
  open: [path, ['flags', 'an object'], mode],
  read: [handle, position, length],
  write: [handle, ['position', "a number or 'end'"], ['bytes', 'a Uint8Array']],
  copyRange: [['from', 'a number'], position, length, ['to', 'a number'], position],
  fstat: [handle],
  fsetstat: [handle, change],
  fsync: [handle],
  close: [handle],
  lstat: [path],
  setstat: [path, change],
  readdir: [path, ['page', 'an object']],
  mkdir: [path, mode],
  rmdir: [path],
  unlink: [path],
  rename: [
    ['from', 'a string'],
    ['to', 'a string'],
    ['options', 'an object'],
  ],
  link: [
    ['from', 'a string'],
    ['to', 'a string'],
  ],
  symlink: [['target', 'a string'], path],
  readlink: [path],
  statfs: [],
  sync: [],
  resolve: [path, ['last', 'a string']],
  lookup: [inode, name],
  statInode: [inode],
  pathToInode: [path],
  inodeToPath: [inode],
  getxattr: [path, name],
  setxattr: [path, name, ['value', 'a Uint8Array'], ['mode', 'a string']],
  listxattr: [path],
  removexattr: [path, name],
  lock: [handle, request],
  tryLock: [handle, request],
  unlock: [handle, request],
};

/** Throws `EINVAL`, naming the argument, where one is not of the kind that its type says. What comes after may trust the types. */
export function checkKinds<K extends OpName>({ op, args }: Call<K>): void {
  const wanted = ARGUMENTS[op];
  for (let index = 0; index < wanted.length; index++) {
    const [name, kind] = wanted[index] as Argument;
    if (!KINDS[kind]((args as readonly unknown[])[index]))
      throw new VfsError('EINVAL', { op, detail: `${name} must be ${kind}` });
  }
}
