import { expect } from 'chai';
import * as vfs from '../../vfs/index.ts';
import { isVfsError } from '../../vfs/errors.ts';

type Make = (value: never) => unknown;

const NO_NUMBERS = [-1, Number.NaN, '5', null];
const NO_CEILINGS = [...NO_NUMBERS, 0];
const NO_LIST = [undefined, null, 5, {}];
const memory = () => new vfs.MemoryBackend();

/** What is made of an argument, what the argument is called, and values that are none. */
const REFUSED: readonly (readonly [what: string, named: string, make: Make, values: readonly unknown[]])[] = [
  ['quota', 'limits', vfs.quota, [undefined, null, 5]],
  ['quota', 'limits.bytes', (bytes: number) => vfs.quota({ bytes }), NO_NUMBERS],
  ['quota', 'limits.inodes', (inodes: number) => vfs.quota({ inodes }), NO_NUMBERS],
  ['quota', 'limits.fileSize', (fileSize: number) => vfs.quota({ fileSize }), NO_NUMBERS],
  ['maxFileSize', 'bytes', vfs.maxFileSize, [...NO_NUMBERS, undefined]],
  ['maxNameLength', 'the length of names', vfs.maxNameLength, [...NO_CEILINGS, 256, 1.5, undefined]],
  ['pathFilter', 'rules', vfs.pathFilter, [...NO_LIST, '/a']],
  [
    'pathFilter',
    'rules[1]',
    (rule: vfs.PathRule) => vfs.pathFilter([{ allow: '/' }, rule]),
    [null, {}, { alow: '/a' }, { allow: 5 }, { allow: '/a', deny: '/b' }, { allow: undefined }],
  ],
  ['allowedNames', 'globs[0]', vfs.allowedNames, [5, null, {}]],
  ['deniedNames', 'globs[0]', vfs.deniedNames, [5, null, {}]],
  ['restrictions', 'denied', vfs.restrictions, NO_LIST],
  ['rateLimit', 'options', vfs.rateLimit, [null, 5]],
  [
    'rateLimit',
    'options.operations',
    (operations: vfs.Rate) => vfs.rateLimit({ operations }),
    [null, 5, {}, { perSecond: '5' }, { perSecond: 5, burst: '5' }],
  ],
  ['permissions', 'identity', vfs.permissions, [undefined, null, {}, { uid: 1 }, { uid: -1, gid: 1 }]],
  [
    'permissions',
    'identity.superuser',
    (superuser: boolean) => vfs.permissions({ uid: 1, gid: 1, superuser }),
    ['no', 1, null],
  ],
  ['cache', 'options', vfs.cache, [null, 5]],
  ['cache', 'options.bytes', (bytes: number) => vfs.cache({ bytes }), [...NO_CEILINGS, 1.5]],
  ['cache', 'options.timeToLive', (timeToLive: number) => vfs.cache({ timeToLive }), [...NO_CEILINGS, 1.5]],
  ['dryRun', 'options.memory', (memory: number) => vfs.dryRun({ memory }), NO_CEILINGS],
  ['dryRun', 'options.changes', (changes: number) => vfs.dryRun({ changes }), NO_CEILINGS],
  ['tracing', 'onEvent', vfs.tracing, [undefined, null, {}]],
  ['stack', 'backend', (backend: vfs.VfsBackend) => vfs.stack(backend), [undefined, null, {}, 5]],
  [
    'stack',
    'layers[1]',
    (layer: vfs.Layer) => vfs.stack(memory(), vfs.readOnly(), layer),
    [undefined, {}, 'x'],
  ],
  ['FileStorage', 'backend', (backend: vfs.VfsBackend) => new vfs.FileStorage(backend), [undefined, {}]],
  ['MemoryBackend', 'capacity', (capacity: number) => new vfs.MemoryBackend({ capacity }), NO_NUMBERS],
  ['overlay', 'upper', (upper: vfs.VfsBackend) => vfs.overlay(upper, memory()), [undefined, null, {}]],
  ['overlay', 'lower', (lower: vfs.VfsBackend) => vfs.overlay(memory(), lower), [undefined, null, {}]],
  ['HostBackend', 'root', (root: string) => vfs.HostBackend.open(root), [undefined, 5, '', 'a\0b']],
  ['SqliteBackend', 'file', (file: string) => vfs.SqliteBackend.open(file), [undefined, 5, '', 'a\0b']],
  ['fromFsPromises', 'fs.lstat', vfs.fromFsPromises, [{}, { lstat: 5 }]],
];

/** The message of the refusal; throws what is none. */
async function refusalOf(make: Make, value: unknown): Promise<string> {
  try {
    await make(value as never);
  } catch (error) {
    if (isVfsError(error, 'EINVAL')) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

describe('what storages and layers are made of', () => {
  for (const [what, named, make, values] of REFUSED) {
    it(`${what} refuses what ${named} cannot be, and names it`, async () => {
      for (const value of values) {
        expect(await refusalOf(make, value), String(value))
          .to.match(/^EINVAL: .* must be /)
          .and.include(named);
      }
    });
  }

  it('an overlay needs two storages', async () => {
    const one = memory();
    expect(await refusalOf((lower: vfs.VfsBackend) => vfs.overlay(one, lower), one)).to.include(
      'two storages',
    );
  });

  it('limits may be without an end, and be given later', async () => {
    const unlimited = vfs.stack(
      memory(),
      vfs.quota({ bytes: Infinity }),
      vfs.maxFileSize(Infinity),
      vfs.quota(() => ({})),
      vfs.dryRun({ memory: Infinity, changes: Infinity }),
    );
    expect((await unlimited.statfs({})).readOnly).to.equal(false);
  });
});
