import { expect } from 'chai';
import type { Handle, OpName, VfsBackend } from '../../vfs/backend.ts';
import { OP_NAMES } from '../../vfs/ops.ts';
import { refused } from './expectations.ts';
import { at, bytesOf, textOf, type Suite } from './suite.ts';

type Arguments = { readonly [K in OpName]: Parameters<VfsBackend[K]> };

/** One call of each operation, in which everything is right. */
export function goodArguments(handle: Handle): Arguments {
  const [path, other, bytes] = [at('/f'), at('/new'), new Uint8Array(1)];
  const request = { kind: 'shared', start: 0, length: 1, owner: 'x' } as const;
  return {
    open: [path, { access: 'r' }, 0, {}],
    read: [handle, 0, 1, {}],
    write: [handle, 0, bytes, {}],
    copyRange: [handle, 0, 1, handle, 1, {}],
    fstat: [handle, {}],
    fsetstat: [handle, {}, {}],
    fsync: [handle, {}],
    close: [handle, {}],
    lstat: [path, {}],
    setstat: [path, {}, {}],
    readdir: [at('/'), { limit: 1 }, {}],
    mkdir: [other, 0, {}],
    rmdir: [at('/d'), {}],
    unlink: [path, {}],
    rename: [path, other, { replace: true }, {}],
    link: [path, other, {}],
    symlink: ['x', other, {}],
    readlink: [at('/l'), {}],
    statfs: [{}],
    sync: [{}],
    resolve: [path, 'keep', {}],
    lookup: [1, 'f', {}],
    statInode: [1, {}],
    pathToInode: [path, {}],
    inodeToPath: [1, {}],
    getxattr: [path, 'user.x', {}],
    setxattr: [path, 'user.x', bytes, 'set', {}],
    listxattr: [path, {}],
    removexattr: [path, 'user.x', {}],
    lock: [handle, request, {}],
    tryLock: [handle, request, {}],
    unlock: [handle, request, {}],
  };
}

/** What an argument must not be: by its place, the name that the message must say, and the values. */
type Bad = readonly [position: number, name: string, values: readonly unknown[]];

const NO_TEXT = [undefined, null, 5, true, {}, ['/f'], bytesOf('/f')];
const NO_NUMBER = [undefined, null, '5', 5n, true, {}];
const NO_OBJECT = [undefined, null, 5, 'rw', true];
const NO_BYTES = [undefined, null, 'text', [1, 2], new ArrayBuffer(1), {}];
const NO_COUNT = [-1, 1.5, Number.NaN, -Infinity];
const NO_READ_PLACE = [...NO_COUNT, 2 ** 53, Infinity];
const NO_ID = [-1, 1.5, 2 ** 32, Number.NaN, Infinity];

const noText = (position: number, name: string): Bad => [position, name, NO_TEXT];
const noNumber = (position: number, name: string): Bad => [position, name, NO_NUMBER];
/** An object with one property that is wrong, the others being right. */
const within = (
  position: number,
  name: string,
  property: string,
  good: object,
  values: readonly unknown[],
): Bad => [position, `${name}.${property}`, values.map((value) => ({ ...good, [property]: value }))];

const path = noText(0, 'path');
const handle = noNumber(0, 'handle');
const change: readonly Bad[] = [
  [1, 'change', NO_OBJECT],
  ...['mode', 'uid', 'gid', 'size'].map((one) => within(1, 'change', one, {}, [null, '5', true, -1, 1.5])),
  ...['uid', 'gid'].map((one) => within(1, 'change', one, {}, NO_ID)),
  ...['atime', 'mtime'].flatMap((one) => [
    within(1, 'change', one, {}, [null, 5, 'now', new Date()]),
    within(1, 'change', one, {}, [{ seconds: 1 }, { seconds: '1', nanoseconds: 0 }, { nanoseconds: 0 }]),
    within(1, 'change', one, {}, [
      { seconds: 1.5, nanoseconds: 0 },
      { seconds: 1, nanoseconds: 1e9 },
    ]),
  ]),
];
const request = { kind: 'shared', start: 0, length: 1, owner: 'x' };
const lock: readonly Bad[] = [
  handle,
  [1, 'request', NO_OBJECT],
  within(1, 'request', 'kind', request, [undefined, 'write', 1]),
  within(1, 'request', 'owner', request, [undefined, 5, null]),
  within(1, 'request', 'start', request, [...NO_NUMBER, ...NO_READ_PLACE]),
  within(1, 'request', 'length', request, [...NO_NUMBER, ...NO_COUNT, 0, 2 ** 53 + 2]),
];
const context = (position: number): readonly Bad[] => [
  [position, 'ctx', NO_OBJECT],
  ...['bytes', 'inodes', 'fileSize'].map((one): Bad => [
    position,
    `ctx.limits.${one}`,
    ['5', null, -1, Number.NaN].map((value) => ({ limits: { [one]: value } })),
  ]),
  within(position, 'ctx', 'limits', {}, [null, 5]),
  within(position, 'ctx', 'owner', {}, [
    null,
    5,
    {},
    { uid: 1 },
    { uid: -1, gid: 0 },
    { uid: 0, gid: 2 ** 32 },
  ]),
  within(position, 'ctx', 'follow', {}, ['yes', 1]),
  within(position, 'ctx', 'session', {}, [5]),
  within(position, 'ctx', 'signal', {}, [5, {}, 'abort']),
];

const BAD: { readonly [K in OpName]: readonly Bad[] } = {
  open: [
    path,
    [1, 'flags', NO_OBJECT],
    within(1, 'flags', 'access', {}, [undefined, 'x', 'a+', 5]),
    within(1, 'flags', 'create', { access: 'w' }, [null, true, 'always']),
    within(1, 'flags', 'truncate', { access: 'w' }, [null, 'yes', 1]),
    within(1, 'flags', 'truncate', { access: 'r' }, [true]),
    [2, 'mode', [...NO_NUMBER, ...NO_ID]],
  ],
  read: [
    handle,
    [1, 'position', [...NO_NUMBER, ...NO_READ_PLACE]],
    [2, 'length', [...NO_NUMBER, ...NO_READ_PLACE]],
  ],
  write: [handle, [1, 'position', [...NO_NUMBER, 'start', ...NO_COUNT]], [2, 'bytes', NO_BYTES]],
  copyRange: [
    noNumber(0, 'from'),
    [1, 'fromPosition', [...NO_NUMBER, ...NO_READ_PLACE]],
    [2, 'length', [...NO_NUMBER, ...NO_READ_PLACE]],
    noNumber(3, 'to'),
    [4, 'toPosition', [...NO_NUMBER, ...NO_COUNT]],
  ],
  fstat: [handle],
  fsetstat: [handle, ...change],
  fsync: [handle],
  close: [handle],
  lstat: [path],
  setstat: [path, ...change],
  readdir: [
    path,
    [1, 'page', NO_OBJECT],
    within(1, 'page', 'limit', {}, [...NO_NUMBER, ...NO_READ_PLACE, 0]),
    within(1, 'page', 'after', { limit: 1 }, [null, 5, {}]),
  ],
  mkdir: [path, [1, 'mode', [...NO_NUMBER, ...NO_ID]]],
  rmdir: [path],
  unlink: [path],
  rename: [
    noText(0, 'from'),
    noText(1, 'to'),
    [2, 'options', NO_OBJECT],
    within(2, 'options', 'replace', {}, [undefined, null, 'yes', 1]),
  ],
  link: [noText(0, 'from'), noText(1, 'to')],
  symlink: [noText(0, 'target'), [0, 'target', ['a\0b']], noText(1, 'path')],
  readlink: [path],
  statfs: [],
  sync: [],
  resolve: [path, [1, 'last', [undefined, null, true, 'maybe']]],
  lookup: [noNumber(0, 'inode'), noText(1, 'name')],
  statInode: [noNumber(0, 'inode')],
  pathToInode: [path],
  inodeToPath: [noNumber(0, 'inode')],
  getxattr: [path, noText(1, 'name')],
  setxattr: [path, noText(1, 'name'), [2, 'value', NO_BYTES], [3, 'mode', [undefined, null, 'add', 1]]],
  listxattr: [path],
  removexattr: [path, noText(1, 'name')],
  lock,
  tryLock: lock,
  unlock: lock,
};

/** Operations of abilities, which are refused with `ENOTSUP` where those are missing; a range is not looked at then. */
const ABILITIES = {
  symlinks: ['symlink', 'readlink'],
  hardLinks: ['link'],
  inodes: ['lookup', 'statInode', 'pathToInode', 'inodeToPath'],
  xattrs: ['getxattr', 'setxattr', 'listxattr', 'removexattr'],
  locks: ['lock', 'tryLock', 'unlock'],
} as const;

export function badInput(suite: Suite): void {
  const lacks = (op: OpName): boolean =>
    Object.entries(ABILITIES).some(
      ([ability, ops]) =>
        !suite.can[ability as keyof typeof ABILITIES] && (ops as readonly OpName[]).includes(op),
    );

  describe('bad input', () => {
    for (const op of OP_NAMES.filter((one) => !lacks(one))) {
      it(`${op}: each argument of a wrong type or range is EINVAL, with a message that names it, and nothing is done`, async () => {
        await suite.put('/f', 'content');
        await suite.mkdir('/d');
        if (suite.can.symlinks) await suite.backend.symlink('f', at('/l'), {});
        const handle = await suite.open('/f');
        const before = (await suite.entries('/')).map(({ name, stats }) => ({
          name,
          stats: suite.steady(stats),
        }));
        const good: readonly unknown[] = goodArguments(handle)[op];
        const method = suite.backend[op] as (...args: readonly unknown[]) => Promise<unknown>;
        for (const [position, name, values] of [...BAD[op], ...context(good.length - 1)]) {
          for (const value of values) {
            const error = await refused(method(...good.with(position, value)), 'EINVAL');
            expect(error.detail).to.include(name);
            expect(error.op).to.equal(op);
          }
        }
        await refused(method(), 'EINVAL');
        const after = (await suite.entries('/')).map(({ name, stats }) => ({
          name,
          stats: suite.steady(stats),
        }));
        expect(after).to.deep.equal(before);
        expect(textOf(await suite.read(handle))).to.equal('content');
      });
    }

    if (!suite.resolving) {
      it('a path that is not canonical is EINVAL wherever it stands, the empty one ENOENT, and nothing is done', async () => {
        await suite.put('/f', 'content');
        await suite.mkdir('/d');
        const handle = await suite.open('/f');
        const before = await suite.names('/');
        const paths = ['f', 'd/f', './f', '/./f', '/d/../f', '/..', '/d/', '//', '/d//f', '/d\0', '/f\0/..'];
        for (const [op, good] of Object.entries(goodArguments(handle)) as [OpName, readonly unknown[]][]) {
          if (lacks(op) || op === 'resolve') continue;
          const method = suite.backend[op] as (...args: readonly unknown[]) => Promise<unknown>;
          for (const [position, value] of good.entries()) {
            if (typeof value !== 'string' || !value.startsWith('/')) continue;
            for (const path of paths) await refused(method(...good.with(position, path)), 'EINVAL');
            await refused(method(...good.with(position, '')), 'ENOENT');
          }
        }
        expect(await suite.names('/')).to.deep.equal(before);
        expect(await suite.names('/d')).to.deep.equal([]);
      });
    }
  });
}
