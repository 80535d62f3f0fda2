import { expect } from 'chai';
import type { VfsBackend } from '../../../vfs/backend.ts';
import { stack } from '../../../vfs/layer.ts';
import { resolvePaths } from '../../../vfs/middleware/resolve-paths.ts';
import { outcomeOf, refused } from '../../conformance/expectations.ts';
import { at } from '../../conformance/suite.ts';
import { layered, mkdirs, names, open, put, text } from './steps.ts';

/** Every way to follow /l, which leads to the file /d/f, or /m, which leads to the directory /d. */
const FOLLOWING: Readonly<Record<string, (backend: VfsBackend) => Promise<unknown>>> = {
  'an open': (backend) => open(backend, '/l', { access: 'r' }),
  'an open that may make': (backend) => open(backend, '/l', { access: 'w', create: 'if-missing' }),
  'a listing': (backend) => backend.readdir(at('/m'), { limit: 1 }, {}),
  'a stat': (backend) => backend.lstat(at('/l'), { follow: true }),
  'a chmod': (backend) => backend.setstat(at('/l'), { mode: 0o600 }, { follow: true }),
  'a name behind it': (backend) => backend.lstat(at('/m/f'), {}),
  'a new name behind it': (backend) => backend.mkdir(at('/m/new'), 0o755, {}),
  'a removal behind it': (backend) => backend.unlink(at('/m/f'), {}),
  'a rename from behind it': (backend) => backend.rename(at('/m/f'), at('/g'), { replace: false }, {}),
  'a rename to behind it': (backend) => backend.rename(at('/h'), at('/m/h'), { replace: false }, {}),
  'a trailing slash': (backend) => backend.lstat(at('/m/'), {}),
  'a dot': (backend) => backend.lstat(at('/m/.'), {}),
  'dots, which the kernel would take behind it': (backend) => backend.lstat(at('/m/../h'), {}),
  'dots before it': (backend) => backend.lstat(at('/d/../m/f'), {}),
  resolving: (backend) => backend.resolve(at('/l'), 'follow', {}),
  'resolving behind it': (backend) => backend.resolve(at('/m/f'), 'keep', {}),
  'a dangling one': (backend) => put(backend, '/dangling', ''),
  'a loop': (backend) => text(backend, '/loop'),
};

describe('path resolution that follows no symlink', () => {
  const setUp = async () => {
    const { below } = layered();
    await mkdirs(below, '/d');
    await put(below, '/d/f', 'content');
    await put(below, '/h', 'other');
    for (const [path, target] of [
      ['/l', 'd/f'],
      ['/m', 'd'],
      ['/dangling', 'none'],
      ['/loop', 'loop'],
    ] as const)
      await below.symlink(target, at(path), {});
    return { below, above: stack(below, resolvePaths({ followSymlinks: false })) };
  };

  for (const [what, deed] of Object.entries(FOLLOWING)) {
    it(`answers ELOOP to ${what}, and nothing is done`, async () => {
      const { below, above } = await setUp();
      const before = [await names(below, '/'), await names(below, '/d'), await below.lstat(at('/d/f'), {})];
      await refused(deed(above), 'ELOOP');
      expect([
        await names(below, '/'),
        await names(below, '/d'),
        await below.lstat(at('/d/f'), {}),
      ]).to.deep.equal(before);
    });
  }

  it('shows symlinks and lets them be read, renamed and removed', async () => {
    const { above } = await setUp();
    expect((await above.lstat(at('/l'), {})).type).to.equal('symlink');
    expect(await above.readlink(at('/l'), {})).to.equal('d/f');
    expect((await above.resolve(at('/d/../l'), 'keep', {})).path).to.equal('/l');
    await above.rename(at('/l'), at('/d/l'), { replace: false }, {});
    await above.unlink(at('/d/l'), {});
    await above.symlink('d', at('/new'), {});
    await above.setstat(at('/new'), { mtime: { seconds: 1, nanoseconds: 0 } }, {});
    expect(await names(above, '/')).to.deep.equal(['d', 'dangling', 'h', 'loop', 'm', 'new']);
  });

  it('walks everything else as always', async () => {
    const { above } = await setUp();
    expect(await text(above, '/d/../d/./f')).to.equal('content');
    expect((await above.resolve(at('/d/../none'), 'follow', {})).path).to.equal('/none');
    expect(await outcomeOf(above.lstat(at('/h/'), {}))).to.equal('ENOTDIR');
    expect(await outcomeOf(above.lstat(at('/none/../h'), {}))).to.equal('ENOENT');
    expect(await text(above, '/../../h')).to.equal('other');
  });
});
