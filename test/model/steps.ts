import * as fc from 'fast-check';
import type { Limits, LockRequest, OpenFlags } from '../../vfs/backend.ts';
import type { StatsChange } from '../../vfs/stats.ts';

const CHUNK = 131_072;
/** Bytes stored after the whole of `BEGINNING`. */
const BEGINNING_USES = 2 * CHUNK + 5 + 1000 + 14;

/** One operation of a program. `slot`s hold the handles that the program has opened. */
export type Step =
  | { readonly do: 'open'; readonly slot: number; readonly path: string; readonly flags: OpenFlags; readonly mode: number; readonly limits: Limits | undefined }
  | { readonly do: 'close' | 'fstat' | 'fsync'; readonly slot: number }
  | { readonly do: 'read'; readonly slot: number; readonly position: number; readonly length: number }
  | { readonly do: 'write'; readonly slot: number; readonly position: number | 'end'; readonly length: number; readonly seed: number; readonly limits: Limits | undefined }
  | { readonly do: 'copyRange'; readonly slot: number; readonly position: number; readonly length: number; readonly toSlot: number; readonly toPosition: number; readonly limits: Limits | undefined }
  | { readonly do: 'fsetstat'; readonly slot: number; readonly change: StatsChange; readonly limits: Limits | undefined }
  | { readonly do: 'setstat'; readonly path: string; readonly change: StatsChange; readonly limits: Limits | undefined }
  | { readonly do: 'lstat' | 'rmdir' | 'unlink' | 'readlink' | 'inodeRoundTrip'; readonly path: string }
  | { readonly do: 'mkdir'; readonly path: string; readonly mode: number; readonly limits: Limits | undefined }
  | { readonly do: 'symlink'; readonly path: string; readonly target: string; readonly limits: Limits | undefined }
  | { readonly do: 'readdir'; readonly path: string; readonly after: string | undefined; readonly limit: number }
  | { readonly do: 'rename'; readonly path: string; readonly to: string; readonly replace: boolean }
  | { readonly do: 'link'; readonly path: string; readonly to: string }
  | { readonly do: 'resolve'; readonly path: string; readonly last: 'follow' | 'keep' }
  | { readonly do: 'lookup'; readonly path: string; readonly name: string }
  | { readonly do: 'getxattr' | 'removexattr'; readonly path: string; readonly name: string }
  | { readonly do: 'listxattr'; readonly path: string }
  | { readonly do: 'setxattr'; readonly path: string; readonly name: string; readonly length: number; readonly seed: number; readonly mode: 'set' | 'create' | 'replace'; readonly limits: Limits | undefined }
  | { readonly do: 'lock' | 'tryLock' | 'unlock'; readonly slot: number; readonly request: LockRequest }
  | { readonly do: 'statfs'; readonly limits: Limits }
  | { readonly do: 'sync' | 'reopen' }; // prettier-ignore

/** Few names, so that programs meet what they made before. */
const name = fc.constantFrom('a', 'a', 'a', 'b', 'b', 'c', 'ä', '\udcff');
const path = fc.oneof(
  { weight: 1, arbitrary: fc.constant('/') },
  { weight: 8, arbitrary: name.map((one) => `/${one}`) },
  { weight: 4, arbitrary: fc.tuple(name, name).map((names) => `/${names.join('/')}`) },
  { weight: 2, arbitrary: fc.tuple(name, name, name).map((names) => `/${names.join('/')}`) },
);
const slot = fc.integer({ min: 0, max: 1 });
const mode = fc.constantFrom(0o644, 0o600, 0o755, 0o4711, 0);
const position = fc.oneof(
  fc.constantFrom(0, 0, 1, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 1, 2 ** 40),
  fc.integer({ min: 0, max: 3 * CHUNK }),
);
const length = fc.oneof(
  fc.constantFrom(0, 1, 1000, 1001, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK),
  fc.integer({ min: 0, max: 2 * CHUNK }),
);
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 2 });

const someLimits: fc.Arbitrary<Limits> = fc.record({
  bytes: optional(fc.constantFrom(0, 1000, CHUNK, BEGINNING_USES, BEGINNING_USES + 1000, 3 * CHUNK, 2 ** 41)),
  inodes: optional(fc.constantFrom(1, 3, 6, 100)),
  fileSize: optional(fc.constantFrom(10, CHUNK, 2 * CHUNK + 1, 2 ** 33)),
});
const limits = fc.option(someLimits, { nil: undefined, freq: 2 });

const flags: fc.Arbitrary<OpenFlags> = fc.record({
  access: fc.constantFrom('r', 'w', 'rw', 'rw'),
  create: fc.constantFrom(undefined, 'if-missing', 'if-missing', 'exclusive'),
  truncate: fc.constantFrom(undefined, undefined, true),
});

const time = fc.record({
  seconds: fc.integer({ min: -5, max: 2 ** 33 }),
  nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
});
const change: fc.Arbitrary<StatsChange> = fc.record(
  {
    mode,
    uid: fc.constantFrom(0, 1000, 1001, 2 ** 32 - 1, -1),
    gid: fc.constantFrom(0, 1000),
    size: position,
    atime: time,
    mtime: time,
  },
  { requiredKeys: [] },
);

const target = fc.constantFrom('a', '/a', '../b', './a/b', 'ä', '..', '/', 'b/', 'missing', '\udcff', '');
const unresolvedPath = fc
  .array(fc.oneof(name, fc.constantFrom('.', '..', '')), { minLength: 1, maxLength: 5 })
  .map((names) => `/${names.join('/')}`);

const attribute = fc.oneof(
  { weight: 6, arbitrary: fc.constant('user.a') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('user.ä', 'trusted.a', 'user.', 'other.a', `user.${'n'.repeat(251)}`),
  },
);
const request: fc.Arbitrary<LockRequest> = fc.record({
  kind: fc.constantFrom('shared', 'exclusive'),
  owner: fc.constantFrom('a', 'a', 'b', 'c'),
  start: fc.constantFrom(0, 0, 5, 5, 6, 10, -1),
  length: fc.constantFrom(1, 1, 5, 5, Number.POSITIVE_INFINITY, 0),
});

const perform = <K extends Step['do']>(word: K): fc.Arbitrary<K> => fc.constant(word);

const STEPS: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<Step> }[] = [
  { weight: 14, arbitrary: fc.record({ do: perform('open'), slot, path, flags, mode, limits }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('close', 'fstat', 'fsync'), slot }) },
  { weight: 5, arbitrary: fc.record({ do: perform('read'), slot, position, length }) },
  {
    weight: 14,
    arbitrary: fc.record({
      do: perform('write'),
      slot,
      position: fc.oneof(position, fc.constant<'end'>('end')),
      length,
      seed: fc.integer({ min: 1, max: 1000 }),
      limits,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: perform('copyRange'),
      slot,
      position,
      length,
      toSlot: slot,
      toPosition: position,
      limits,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: perform('fsetstat'), slot, change, limits }) },
  { weight: 8, arbitrary: fc.record({ do: perform('setstat'), path, change, limits }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('lstat', 'readlink', 'inodeRoundTrip'), path }),
  },
  { weight: 7, arbitrary: fc.record({ do: fc.constantFrom('unlink', 'rmdir'), path }) },
  { weight: 7, arbitrary: fc.record({ do: perform('mkdir'), path, mode, limits }) },
  { weight: 3, arbitrary: fc.record({ do: perform('symlink'), path, target, limits }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: perform('readdir'),
      path,
      after: optional(name),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 7, arbitrary: fc.record({ do: perform('rename'), path, to: path, replace: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: perform('link'), path, to: path }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: perform('resolve'),
      path: unresolvedPath,
      last: fc.constantFrom('follow', 'keep'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: perform('lookup'),
      path,
      name: fc.oneof(name, fc.constantFrom('.', '..', '')),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: perform('setxattr'),
      path,
      name: attribute,
      length: fc.constantFrom(0, 1, 100, 995, 65_536, 65_537),
      seed: fc.integer({ min: 1, max: 1000 }),
      mode: fc.constantFrom('set', 'set', 'create', 'replace'),
      limits,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('getxattr', 'removexattr'), path, name: attribute }),
  },
  { weight: 1, arbitrary: fc.record({ do: perform('listxattr'), path }) },
  { weight: 9, arbitrary: fc.record({ do: fc.constantFrom('lock', 'tryLock', 'unlock'), slot, request }) },
  { weight: 2, arbitrary: fc.record({ do: perform('statfs'), limits: someLimits }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('sync', 'reopen') }) },
];

const made = {
  do: 'open',
  flags: { access: 'rw', create: 'if-missing' },
  mode: 0o644,
  limits: undefined,
} as const;
const written = { do: 'write', position: 0, limits: undefined } as const;

/** What a program may begin with, so that its steps find something. */
export const BEGINNING: readonly Step[] = [
  { do: 'mkdir', path: '/a', mode: 0o755, limits: undefined },
  { do: 'mkdir', path: '/a/a', mode: 0o700, limits: undefined },
  { do: 'mkdir', path: '/b', mode: 0o755, limits: undefined },
  { ...made, slot: 0, path: '/c' },
  { ...written, slot: 0, length: 2 * CHUNK + 5, seed: 1 },
  { ...made, slot: 1, path: '/a/b' },
  { ...written, slot: 1, length: 1000, seed: 2 },
  { ...made, slot: 1, path: '/a/a/a' },
  { do: 'link', path: '/c', to: '/b/c' },
  { do: 'symlink', path: '/ä', target: 'a/a', limits: undefined },
  { do: 'setxattr', path: '/b', name: 'user.a', length: 1, seed: 3, mode: 'set', limits: undefined },
  { do: 'setxattr', path: '/c', name: 'user.a', length: 1, seed: 4, mode: 'set', limits: undefined },
  { do: 'tryLock', slot: 0, request: { kind: 'exclusive', owner: 'a', start: 0, length: 16 } },
];

/** Programs of up to `length` random steps after some of the beginning. */
export function programs(length: number): fc.Arbitrary<Step[]> {
  const beginning = fc.oneof(fc.constant([...BEGINNING]), fc.subarray([...BEGINNING]));
  const rest = fc.array(fc.oneof(...STEPS), { minLength: 1, maxLength: length, size: 'max' });
  return fc.tuple(beginning, rest).map(([first, then]) => [...first, ...then]);
}

/** Steps of abilities that not every store has; `sync` asks much of a disk. */
const OF_SOME_STORES: ReadonlySet<Step['do']> = new Set([
  'lookup', 'inodeRoundTrip', 'statfs', 'sync',
  'getxattr', 'setxattr', 'listxattr', 'removexattr', 'lock', 'tryLock', 'unlock',
]); // prettier-ignore
const NO_ID = 2 ** 32 - 1;

/** The steps of a program that a store without inode numbers and limits on bytes knows too. */
export function sharedSteps(program: readonly Step[]): Step[] {
  return program.filter((step) => !OF_SOME_STORES.has(step.do)).map(withSharedValues);
}

/** The steps of a program in which nothing asks what is used. */
export function uncountedSteps(program: readonly Step[]): Step[] {
  return program.filter((step) => step.do !== 'statfs').map(withoutCounts);
}

function withSharedValues(step: Step): Step {
  const isForNobody = 'change' in step && step.change.uid === NO_ID;
  return withoutCounts(isForNobody ? { ...step, change: { ...step.change, uid: 1000 } } : step);
}

function withoutCounts(step: Step): Step {
  if (!('limits' in step) || step.limits === undefined) return step;
  return { ...step, limits: { fileSize: step.limits.fileSize } };
}
