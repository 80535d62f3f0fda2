import { expect } from 'chai';
import * as fc from 'fast-check';
import { VfsError, type VfsErrorCode } from '../../vfs/errors.ts';
import {
  checkName,
  isCanonical,
  isInside,
  join,
  nameOf,
  namesOf,
  parentOf,
  ROOT,
  unresolved,
  vfsPath,
  type VfsPath,
} from '../../vfs/path.ts';

function refuses(action: () => unknown, code: VfsErrorCode): void {
  expect(action).to.throw(VfsError).with.property('code', code);
}

const name = fc
  .string({ unit: fc.constantFrom('a', 'B', '.', ' ', 'ä', '😀', '\\', '\n'), minLength: 1, maxLength: 8 })
  .filter((text) => text !== '.' && text !== '..');

describe('paths', () => {
  const CANONICAL = [
    '/',
    '/a',
    '/a/b',
    '/...',
    '/..a',
    '/a..',
    '/.a/b.',
    '/ ',
    '/a/...',
    '/a\nb',
    '/\\',
    '/a/. .',
  ];
  const NOT = [
    '',
    'a',
    './a',
    '//',
    '/a/',
    '/a//b',
    '/.',
    '/..',
    '/./a',
    '/a/.',
    '/a/..',
    '/a/./b',
    '/a/../b',
    '/../a',
    '//a',
  ];

  for (const path of CANONICAL)
    it(`${JSON.stringify(path)} is canonical`, () => expect(isCanonical(path)).to.equal(true));
  for (const path of NOT)
    it(`${JSON.stringify(path)} is not canonical`, () => expect(isCanonical(path)).to.equal(false));

  it('are canonical exactly when taking them apart and joining them gives them again', () => {
    const text = fc
      .array(fc.constantFrom('/', '.', 'a', '..', '//', 'b.'), { maxLength: 8 })
      .map((parts) => `/${parts.join('')}`);
    fc.assert(
      fc.property(text, (path) => {
        const names = path.split('/').filter((part) => part !== '' && part !== '.');
        const same = !names.includes('..') && `/${names.join('/')}` === path;
        expect(isCanonical(path)).to.equal(same);
      }),
      { numRuns: 1000 },
    );
  });

  it('unresolved takes what people write, and refuses what is no path', () => {
    for (const path of ['/', '//', '/a/../b', '/a/./', '/..']) expect(unresolved(path)).to.equal(path);
    expect(unresolved('/\udcc3\udca4')).to.equal('/ä');
    refuses(() => unresolved(''), 'ENOENT');
    refuses(() => unresolved('a'), 'EINVAL');
    refuses(() => unresolved('/a\0b'), 'EINVAL');
    refuses(() => unresolved('/\ud800'), 'EINVAL');
    refuses(() => unresolved(undefined as unknown as string), 'EINVAL');
    refuses(() => unresolved(7 as unknown as string), 'EINVAL');
  });

  it('hold names of 255 bytes and 4,096 bytes in all, and no more', () => {
    for (const letter of ['n', 'ä', '€', '😀', '\udcff']) {
      const width = letter === '\udcff' ? 1 : Buffer.byteLength(letter);
      const most = letter.repeat(Math.floor(255 / width)) + 'x'.repeat(255 % width);
      expect(unresolved(`/${most}`)).to.equal(`/${most}`);
      expect(checkName(most)).to.equal(most);
      refuses(() => unresolved(`/${most}x`), 'ENAMETOOLONG');
      refuses(() => unresolved(`/a/${most}x/b`), 'ENAMETOOLONG');
      refuses(() => checkName(`${most}x`), 'ENAMETOOLONG');
    }
    const long = '/n'.repeat(2048);
    expect(unresolved(long)).to.equal(long);
    refuses(() => unresolved(`${long}/`), 'ENAMETOOLONG');
    const wide = '/ä'.repeat(1365);
    expect(unresolved(`${wide}/`)).to.equal(`${wide}/`);
    refuses(() => unresolved(`${wide}/x`), 'ENAMETOOLONG');
  });

  it('vfsPath takes canonical ones alone', () => {
    for (const path of CANONICAL) expect(vfsPath(path)).to.equal(path);
    for (const path of NOT.slice(1)) refuses(() => vfsPath(path), 'EINVAL');
    refuses(() => vfsPath(''), 'ENOENT');
  });

  it('checkName takes one name', () => {
    for (const good of ['a', '...', '.a', ' ', '\\', '\udcff']) expect(checkName(good)).to.equal(good);
    for (const bad of ['', '.', '..', 'a/b', '/', 'a\0']) refuses(() => checkName(bad), 'EINVAL');
  });

  it('come apart into names and go together again', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 6 }), (names) => {
        const path = names.reduce<VfsPath>(join, ROOT);
        expect(namesOf(path)).to.deep.equal(names);
        expect(nameOf(path)).to.equal(names.at(-1) ?? '');
        expect(parentOf(path)).to.equal(names.slice(0, -1).reduce<VfsPath>(join, ROOT));
        expect(vfsPath(path)).to.equal(path);
      }),
    );
  });

  it('lie inside a directory by whole names', () => {
    const inside: readonly (readonly [string, string, boolean])[] = [
      ['/', '/', true], ['/a', '/', true], ['/a', '/a', true], ['/a/b', '/a', true],
      ['/ab', '/a', false], ['/', '/a', false], ['/b', '/a', false], ['/a', '/a/b', false],
    ]; // prettier-ignore
    for (const [path, directory, wanted] of inside) {
      expect(isInside(path as VfsPath, directory as VfsPath), `${path} in ${directory}`).to.equal(wanted);
    }
  });
});
