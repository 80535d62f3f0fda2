import type { CallContext, OpName } from './backend.ts';
import {
  aBoolean,
  anId,
  aNumber,
  aString,
  checked,
  isObject,
  kind,
  LIMITS,
  oneOf,
  optional,
  shape,
  type Check,
} from './checks.ts';
import { VfsError } from './errors.ts';
import type { Call } from './layer.ts';
import { rememberingContexts } from './recent-contexts.ts';

const bytes = kind('a Uint8Array', (value) => value instanceof Uint8Array);
const aPlace = kind("a number or 'end'", (value) => typeof value === 'number' || value === 'end');
const aSignal = kind('an AbortSignal', (value) => isObject(value) && typeof value['aborted'] === 'boolean');
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
  limits: optional(LIMITS),
  owner: optional(shape({ uid: anId, gid: anId })),
  follow: optional(aBoolean),
  session: optional(aString),
  signal: optional(aSignal),
  into: optional(bytes),
});

/**
 * A check of the arguments of calls: throws `EINVAL`, naming the argument, where one is not what its type says. What
 * comes after may trust the types; ranges are checked by the store, which knows their order. A context that came lately is not
 * checked again.
 */
export function argumentChecker(): (call: Call) => void {
  const problemOf = rememberingContexts((ctx: CallContext) => context(ctx, 'ctx'));
  return ({ op, args, ctx }) => {
    const wanted = ARGUMENTS[op];
    for (let index = 0; index < wanted.length; index++) {
      const [name, check] = wanted[index] as Argument;
      checked((args as readonly unknown[])[index], name, check, op);
    }
    const problem = problemOf(ctx);
    if (problem !== undefined) throw new VfsError('EINVAL', { op, detail: problem });
  };
}
