import type { OpName } from './backend.ts';
import type { Call, OpArgs, OpResult } from './layer.ts';
import type { VfsPath } from './path.ts';

/** What layers may ask about an operation. A row for each: a new operation is covered by every layer or by none. */
interface OpFacts<K extends OpName> {
  /** Could the call change the storage (access to a handle aside)? */
  readonly mutates: boolean | ((args: OpArgs<K>) => boolean);
  /** The arguments that are paths, by position. */
  readonly paths: readonly PathIndex[];
  /** Which of `paths` may be a new name after the call; absent: none. */
  readonly makes?: PathIndex | ((args: OpArgs<K>) => PathIndex | undefined);
  /** Does resolving follow a symlink in the last component? `asked`: when `ctx.follow` says so. */
  readonly follows: 'always' | 'never' | 'asked' | ((args: OpArgs<K>) => boolean);
  /** Bytes of file content that the call moved. */
  readonly bytes: (args: OpArgs<K>, result: OpResult<K>) => number;
  /** In which directions it moves them; absent: it moves none. */
  readonly traffic?: Traffic;
  /** Bytes of file content that the call asks to move; for calls with `traffic`. */
  readonly wants?: (args: OpArgs<K>) => number;
  /** Does the call act on an open file, its first argument being the handle? */
  readonly onHandle: boolean;
}

type PathIndex = 0 | 1;

/** Content that leaves the storage, or comes in; a copy inside it does both. */
export interface Traffic {
  readonly read: boolean;
  readonly written: boolean;
}

const none = (): number => 0;
const onName = { follows: 'never', bytes: none, onHandle: false } as const;
const onOpenFile = { paths: [], follows: 'never', bytes: none, onHandle: true } as const;
const onInode = { mutates: false, paths: [], follows: 'never', bytes: none, onHandle: false } as const;

const FACTS: { readonly [K in OpName]: OpFacts<K> } = {
  open: {
    mutates: ([, flags]) => flags.access !== 'r' || flags.create !== undefined || flags.truncate === true,
    paths: [0],
    makes: ([, flags]) => (flags.create === undefined ? undefined : 0),
    follows: ([, flags]) => flags.create !== 'exclusive',
    bytes: none,
    onHandle: false,
  },
  read: {
    ...onOpenFile,
    mutates: false,
    bytes: (_, result) => result.length,
    traffic: { read: true, written: false },
    wants: ([, , length]) => length,
  },
  write: {
    ...onOpenFile,
    mutates: true,
    bytes: ([, , bytes]) => bytes.length,
    traffic: { read: false, written: true },
    wants: ([, , bytes]) => bytes.length,
  },
  copyRange: {
    ...onOpenFile,
    mutates: true,
    bytes: (_, copied) => copied,
    traffic: { read: true, written: true },
    wants: ([, , length]) => length,
  },
  fstat: { ...onOpenFile, mutates: false },
  fsetstat: { ...onOpenFile, mutates: true },
  fsync: { ...onOpenFile, mutates: false },
  close: { ...onOpenFile, mutates: false },
  lstat: { ...onName, mutates: false, paths: [0], follows: 'asked' },
  setstat: { ...onName, mutates: true, paths: [0], follows: 'asked' },
  readdir: { ...onName, mutates: false, paths: [0], follows: 'always' },
  mkdir: { ...onName, mutates: true, paths: [0], makes: 0 },
  rmdir: { ...onName, mutates: true, paths: [0] },
  unlink: { ...onName, mutates: true, paths: [0] },
  rename: { ...onName, mutates: true, paths: [0, 1], makes: 1 },
  link: { ...onName, mutates: true, paths: [0, 1], makes: 1 },
  symlink: { ...onName, mutates: true, paths: [1], makes: 1 },
  readlink: { ...onName, mutates: false, paths: [0] },
  statfs: { ...onName, mutates: false, paths: [] },
  sync: { ...onName, mutates: false, paths: [] },
  resolve: { ...onName, mutates: false, paths: [0] },
  lookup: onInode,
  statInode: onInode,
  pathToInode: { ...onName, mutates: false, paths: [0] },
  inodeToPath: onInode,
  getxattr: { ...onName, mutates: false, paths: [0], follows: 'asked' },
  setxattr: { ...onName, mutates: true, paths: [0], follows: 'asked' },
  listxattr: { ...onName, mutates: false, paths: [0], follows: 'asked' },
  removexattr: { ...onName, mutates: true, paths: [0], follows: 'asked' },
  lock: { ...onOpenFile, mutates: false },
  tryLock: { ...onOpenFile, mutates: false },
  unlock: { ...onOpenFile, mutates: false },
};

export const OP_NAMES = Object.keys(FACTS) as readonly OpName[];

/** The row of one operation, typed loosely enough to be asked with any call of that operation. */
function factsOf<K extends OpName>(op: K): OpFacts<K> {
  return FACTS[op];
}

export function mutates<K extends OpName>(call: Call<K>): boolean {
  const fact = factsOf(call.op).mutates;
  return typeof fact === 'function' ? fact(call.args) : fact;
}

/** The paths that the call names, in the order of its arguments. */
export function pathsOf<K extends OpName>(call: Call<K>): VfsPath[] {
  return factsOf(call.op).paths.map((index) => (call.args as readonly unknown[])[index] as VfsPath);
}

/** The path that may be a new name after the call. */
export function pathMadeBy<K extends OpName>(call: Call<K>): VfsPath | undefined {
  const fact = factsOf(call.op).makes;
  const index = typeof fact === 'function' ? fact(call.args) : fact;
  return index === undefined ? undefined : ((call.args as readonly unknown[])[index] as VfsPath);
}

/** The same call on other paths, as many as `pathsOf` gave; itself where they are no others. */
export function withPaths<K extends OpName>(call: Call<K>, paths: readonly VfsPath[]): Call<K> {
  const named = pathsOf(call);
  if (paths.every((path, index) => path === named[index])) return call;
  const args = [...(call.args as readonly unknown[])];
  factsOf(call.op).paths.forEach((argument, index) => (args[argument] = paths[index]));
  return { op: call.op, args: args as unknown as OpArgs<K>, ctx: call.ctx };
}

/** Does the call, as the user means it, act on what a symlink in the last component leads to? */
export function followsLast<K extends OpName>(call: Call<K>): boolean {
  const fact = factsOf(call.op).follows;
  if (typeof fact === 'function') return fact(call.args);
  return fact === 'always' || (fact === 'asked' && call.ctx.follow === true);
}

export function bytesMoved<K extends OpName>(call: Call<K>, result: OpResult<K>): number {
  return factsOf(call.op).bytes(call.args, result);
}

/** In which directions a call moves file content; absent: it moves none. */
export function trafficOf(op: OpName): Traffic | undefined {
  return FACTS[op].traffic;
}

/** Bytes of file content that the call asks to move, as its arguments say, unchecked. */
export function bytesWanted<K extends OpName>(call: Call<K>): number {
  return factsOf(call.op).wants?.(call.args) ?? 0;
}

export function actsOnHandle(op: OpName): boolean {
  return FACTS[op].onHandle;
}
