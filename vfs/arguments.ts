import type { CallContext, OpName } from './backend.ts';
import { VfsError } from './errors.ts';
import type { Call } from './layer.ts';

/** What is wrong with a value that is called `name`; undefined: nothing. */
type Check = (value: unknown, name: string) => string | undefined;

function kind(what: string, is: (value: unknown) => boolean): Check {
  return (value, name) => (is(value) ? undefined : `${name} must be ${what}`);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isId = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;

const anObject = kind('an object', isObject);
const aString = kind('a string', (value) => typeof value === 'string');
const aNumber = kind('a number', (value) => typeof value === 'number');
const aBoolean = kind('true or false', (value) => typeof value === 'boolean');
const anId = kind('an integer from 0 to 2^32 - 1', isId);
const bytes = kind('a Uint8Array', (value) => value instanceof Uint8Array);
const aPlace = kind("a number or 'end'", (value) => typeof value === 'number' || value === 'end');
/** Not a number is no limit at all, which nobody means. */
const aLimit = kind('a number from 0 up', (value) => typeof value === 'number' && value >= 0);
const aSignal = kind('an AbortSignal', (value) => isObject(value) && typeof value['aborted'] === 'boolean');

function oneOf(...words: readonly string[]): Check {
  const listed = words.map((word) => `'${word}'`).join(', ');
  return kind(`one of ${listed}`, (value) => words.includes(value as string));
}

function optional(check: Check): Check {
  return (value, name) => (value === undefined ? undefined : check(value, name));
}

/** An object of which these properties are checked. */
function shape(properties: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(properties);
  return (value, name) => {
    if (!isObject(value)) return anObject(value, name);
    for (const [key, check] of checks) {
      const problem = check(value[key], `${name}.${key}`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

const aTime = optional(shape({ seconds: aNumber, nanoseconds: aNumber }));
const optionalNumber = optional(aNumber);

type Argument = readonly [name: string, check: Check];

const path: Argument = ['path', aString];
const handle: Argument = ['handle', aNumber];
const position: Argument = ['position', aNumber];
const length: Argument = ['length', aNumber];
const mode: Argument = ['mode', aNumber];
const inode: Argument = ['inode', aNumber];
const name: Argument = ['name', aString];
// prettier-ignore
const change: Argument = ['change', shape({
  mode: optionalNumber, uid: optionalNumber, gid: optionalNumber, size: optionalNumber, atime: aTime, mtime: aTime,
})];
// prettier-ignore
const request: Argument = ['request', shape({
  kind: oneOf('shared', 'exclusive'), start: aNumber, length: aNumber, owner: aString,
})];
const flags = shape({
  access: oneOf('r', 'w', 'rw'),
  create: optional(oneOf('if-missing', 'exclusive')),
  truncate: optional(aBoolean),
});

const ARGUMENTS: { readonly [K in OpName]: readonly Argument[] } = {
  open: [path, ['flags', flags], mode],
  read: [handle, position, length],
  write: [handle, ['position', aPlace], ['bytes', bytes]],
  copyRange: [['from', aNumber], ['fromPosition', aNumber], length, ['to', aNumber], ['toPosition', aNumber]],
  fstat: [handle],
  fsetstat: [handle, change],
  fsync: [handle],
  close: [handle],
  lstat: [path],
  setstat: [path, change],
  readdir: [path, ['page', shape({ after: optional(aString), limit: aNumber })]],
  mkdir: [path, mode],
  rmdir: [path],
  unlink: [path],
  rename: [
    ['from', aString],
    ['to', aString],
    ['options', shape({ replace: aBoolean })],
  ],
  link: [
    ['from', aString],
    ['to', aString],
  ],
  symlink: [['target', aString], path],
  readlink: [path],
  statfs: [],
  sync: [],
  resolve: [path, ['last', oneOf('follow', 'keep')]],
  lookup: [inode, name],
  statInode: [inode],
  pathToInode: [path],
  inodeToPath: [inode],
  getxattr: [path, name],
  setxattr: [path, name, ['value', bytes], ['mode', oneOf('set', 'create', 'replace')]],
  listxattr: [path],
  removexattr: [path, name],
  lock: [handle, request],
  tryLock: [handle, request],
  unlock: [handle, request],
};

const context = shape({
  limits: optional(shape({ bytes: optional(aLimit), inodes: optional(aLimit), fileSize: optional(aLimit) })),
  owner: optional(shape({ uid: anId, gid: anId })),
  follow: optional(aBoolean),
  session: optional(aString),
  signal: optional(aSignal),
});

/**
 * A check of the arguments of calls: throws `EINVAL`, naming the argument, where one is not what its type says. What
 * comes after may trust the types; ranges are checked by the store, which knows their order. A caller makes many calls
 * with one context, so the last one is remembered.
 */
export function argumentChecker(): (call: Call) => void {
  let lastContext: CallContext | undefined;
  return ({ op, args, ctx }) => {
    const wanted = ARGUMENTS[op];
    for (let index = 0; index < wanted.length; index++) {
      const [name, check] = wanted[index] as Argument;
      const problem = check((args as readonly unknown[])[index], name);
      if (problem !== undefined) throw new VfsError('EINVAL', { op, detail: problem });
    }
    if (ctx === lastContext) return;
    const problem = context(ctx, 'ctx');
    if (problem !== undefined) throw new VfsError('EINVAL', { op, detail: problem });
    lastContext = ctx;
  };
}
