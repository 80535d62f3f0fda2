import { expect } from 'chai';
import type { VfsBackend } from '../../../vfs/backend.ts';
import { stack } from '../../../vfs/layer.ts';
import { allowedNames, deniedNames, maxNameLength } from '../../../vfs/middleware/name-rules.ts';
import { resolvePaths } from '../../../vfs/middleware/resolve-paths.ts';
import { isVfsError } from '../../../vfs/errors.ts';
import { outcomeOf, refused } from '../../conformance/expectations.ts';
import { at } from '../../conformance/suite.ts';
import { layered, mkdirs, names, open, put, text } from './steps.ts';

/** Every way to give a name. */
const WAYS: Readonly<Record<string, (backend: VfsBackend, path: string) => Promise<unknown>>> = {
  'open, exclusive': (backend, path) => open(backend, path, { access: 'w', create: 'exclusive' }),
  'open, if missing': (backend, path) => open(backend, path, { access: 'r', create: 'if-missing' }),
  mkdir: (backend, path) => backend.mkdir(at(path), 0o755, {}),
  symlink: (backend, path) => backend.symlink('x', at(path), {}),
  link: (backend, path) => backend.link(at('/there'), at(path), {}),
  rename: (backend, path) => backend.rename(at('/there'), at(path), { replace: false }, {}),
  'rename, replacing': (backend, path) => backend.rename(at('/there'), at(path), { replace: true }, {}),
};

describe('rules for names', () => {
  for (const [way, give] of Object.entries(WAYS)) {
    it(`bind ${way}`, async () => {
      const both = layered(allowedNames('*.txt', 'note-?'), deniedNames('secret*'), maxNameLength(12));
      await put(both.below, '/there', '');
      await mkdirs(both.below, '/d');
      const outcome = (path: string) => outcomeOf(give(both.above, path));
      expect(await outcome('/d/x.exe')).to.equal('EACCES');
      expect(await outcome('/d/secret.txt')).to.equal('EACCES');
      expect(await outcome('/d/123456789.txt')).to.equal('ENAMETOOLONG');
      expect(await names(both.below, '/d')).to.deep.equal([]);
      expect(await outcome('/d/note-1')).to.equal('ok');
    });
  }

  it('leave what has another name already to be used, moved to a better one, and removed', async () => {
    const { below, above } = layered(allowedNames('*.txt'));
    await put(below, '/x.exe', 'content');
    expect(await text(above, '/x.exe')).to.equal('content');
    await above.close(await open(above, '/x.exe', { access: 'rw' }), {});
    await refused(put(above, '/x.exe', 'with create'), 'EACCES');
    await above.rename(at('/x.exe'), at('/x.txt'), { replace: false }, {});
    await put(below, '/y.exe', '');
    await above.unlink(at('/y.exe'), {});
    expect(await names(above, '/')).to.deep.equal(['x.txt']);
  });

  const GLOBS: readonly (readonly [glob: string, matching: readonly string[], others: readonly string[]])[] = [
    ['*', ['a', '.hidden', 'new\nline', '😀', '\udc80', 'a\\b'], []],
    ['**', ['a', '.hidden'], []],
    ['?', ['a', '😀', '\udcff', 'ä'], ['ab', 'e\u0301']],
    ['*.key', ['x.key', '.key', '\udc80.key'], ['x.KEY', 'x.key.txt']],
    ['{a,b}?', ['a1', 'b2'], ['c3', 'a']],
    ['[a-c]*', ['abc', 'b'], ['d']],
    ['[[:upper:]]*', ['Abc', 'Ä'], ['abc']],
    ['!x', ['!x'], ['x', 'y']],
    ['#x', ['#x'], ['x']],
    ['a\\*b', ['a*b'], ['axb']],
    ['@(one|two)', ['one', 'two'], ['three']],
    ['\udc80*', ['\udc80', '\udc80x'], ['\udc81']],
    ['\udcc3\udca4', ['ä'], ['a']],
  ]; // prettier-ignore

  for (const [glob, matching, others] of GLOBS) {
    it(`the glob ${JSON.stringify(glob)} means what the table says`, async () => {
      const { above } = layered(deniedNames(glob));
      for (const name of matching) await refused(above.mkdir(at(`/${name}`), 0o755, {}), 'EACCES');
      for (const name of others) await above.mkdir(at(`/${name}`), 0o755, {});
    });
  }

  it('see the same name in every text for it', async () => {
    const { above } = layered(deniedNames('ä'));
    await refused(above.mkdir(at('/\udcc3\udca4'), 0o755, {}), 'EACCES');
  });

  for (const glob of ['a/b', '/a', '', '..', '.', 'a/']) {
    it(`refuse the glob ${JSON.stringify(glob)}`, () => {
      for (const make of [allowedNames, deniedNames])
        expect(() => make(glob)).to.satisfy((run: () => unknown) => fails(run));
    });
  }

  const fails = (run: () => unknown): boolean => {
    try {
      run();
      return false;
    } catch (error) {
      return isVfsError(error, 'EINVAL');
    }
  };

  it('are about the name in the end, whatever symlink leads to it', async () => {
    const { below } = layered();
    const above = stack(below, resolvePaths(), allowedNames('*.txt'));
    await below.symlink('x.exe', at('/fine.txt'), {});
    await below.symlink('fine2.txt', at('/odd.exe'), {});
    await refused(put(above, '/fine.txt', ''), 'EACCES');
    await put(above, '/odd.exe', 'made');
    expect(await text(below, '/fine2.txt')).to.equal('made');
  });

  it('above path resolution, refuse paths that they could misread', async () => {
    const { below } = layered();
    const above = stack(below, deniedNames('*.exe'), resolvePaths());
    for (const path of ['/x.exe/', '/x.exe/.', '//x.exe', '/./x.exe', '/d/../x.exe'])
      expect(await outcomeOf(above.mkdir(at(path), 0o755, {})), path).to.be.oneOf(['EINVAL', 'EACCES']);
    expect(await names(below, '/')).to.deep.equal([]);
  });

  it('maxNameLength counts bytes, and statfs says so', async () => {
    const { above } = layered(maxNameLength(4));
    await above.mkdir(at('/😀'), 0o755, {});
    await above.mkdir(at('/\udc80\udc80\udc80\udc80'), 0o755, {});
    await refused(above.mkdir(at('/😀x'), 0o755, {}), 'ENAMETOOLONG');
    expect((await above.statfs({})).nameMax).to.equal(4);
    expect((await layered(maxNameLength(200), maxNameLength(100)).above.statfs({})).nameMax).to.equal(100);
    for (const bytes of [0, 256, 1.5, Number.NaN]) expect(fails(() => maxNameLength(bytes))).to.equal(true);
  });
});
