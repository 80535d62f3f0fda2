import { expect } from 'chai';
import type { VfsBackend } from '../../../vfs/backend.ts';
import { stack, type Layer } from '../../../vfs/layer.ts';
import { pathFilter, type PathRule } from '../../../vfs/middleware/path-filter.ts';
import { resolvePaths } from '../../../vfs/middleware/resolve-paths.ts';
import { outcomeOf, refused } from '../../conformance/expectations.ts';
import { at } from '../../conformance/suite.ts';
import { layered, mkdirs, names, open, put, text } from './steps.ts';

const RULES: readonly PathRule[] = [
  { deny: '*.key' },
  { allow: '/pub' },
  { allow: '/home/alice' },
  { allow: '/drop/*.in' },
];

/** Every operation on one path. */
const ON_PATH: Readonly<Record<string, (backend: VfsBackend, path: string) => Promise<unknown>>> = {
  open: (backend, path) => open(backend, path, { access: 'r' }),
  'open to write': (backend, path) => open(backend, path, { access: 'rw' }),
  'open to make': (backend, path) => open(backend, path, { access: 'w', create: 'if-missing' }),
  lstat: (backend, path) => backend.lstat(at(path), {}),
  setstat: (backend, path) => backend.setstat(at(path), { mode: 0o700 }, {}),
  readdir: (backend, path) => backend.readdir(at(path), { limit: 10 }, {}),
  mkdir: (backend, path) => backend.mkdir(at(path), 0o755, {}),
  rmdir: (backend, path) => backend.rmdir(at(path), {}),
  unlink: (backend, path) => backend.unlink(at(path), {}),
  'rename from': (backend, path) => backend.rename(at(path), at('/pub/new'), { replace: false }, {}),
  'rename to': (backend, path) => backend.rename(at('/pub/f'), at(path), { replace: true }, {}),
  'link from': (backend, path) => backend.link(at(path), at('/pub/new'), {}),
  'link to': (backend, path) => backend.link(at('/pub/f'), at(path), {}),
  symlink: (backend, path) => backend.symlink('x', at(path), {}),
  readlink: (backend, path) => backend.readlink(at(path), {}),
  resolve: (backend, path) => backend.resolve(at(path), 'keep', {}),
  'resolve and follow': (backend, path) => backend.resolve(at(path), 'follow', {}),
  pathToInode: (backend, path) => backend.pathToInode(at(path), {}),
  getxattr: (backend, path) => backend.getxattr(at(path), 'user.x', {}),
  setxattr: (backend, path) => backend.setxattr(at(path), 'user.x', new Uint8Array(0), 'set', {}),
  listxattr: (backend, path) => backend.listxattr(at(path), {}),
  removexattr: (backend, path) => backend.removexattr(at(path), 'user.x', {}),
};

/** What may be done with a directory that is only a way. */
const ON_WAY = new Set(['lstat', 'readdir', 'resolve', 'resolve and follow', 'pathToInode']);

describe('pathFilter', () => {
  const setUp = async (rules = RULES, ...above: readonly Layer[]) => {
    const { below } = layered();
    await mkdirs(
      below,
      '/pub',
      '/pub/d',
      '/home',
      '/home/alice',
      '/home/bob',
      '/drop',
      '/secret',
      '/secret/d',
    );
    for (const path of [
      '/pub/f',
      '/pub/x.key',
      '/pub/d/g',
      '/home/bob/f',
      '/home/alice/f',
      '/drop/a',
      '/secret/f',
    ])
      await put(below, path, `in ${path}`);
    return { below, above: stack(below, ...above, pathFilter(rules)) };
  };

  for (const [op, call] of Object.entries(ON_PATH)) {
    it(`refuses ${op} of what is denied, whether or not it exists, in the same way`, async () => {
      const { above } = await setUp();
      const paths = ['/secret', '/secret/f', '/secret/none', '/none', '/home/bob', '/home/bob/f', '/pub/x.key', '/pub/none.key', '/drop/a', '/drop/none']; // prettier-ignore
      for (const path of paths) await refused(call(above, path), 'EACCES');
    });

    it(`answers ${op} of a directory on the way ${ON_WAY.has(op) ? 'with what is there' : 'with EACCES'}`, async () => {
      const { above } = await setUp();
      const wanted = ON_WAY.has(op) ? 'ok' : 'EACCES';
      for (const path of ['/', '/home', '/drop'])
        expect(await outcomeOf(call(above, path)), path).to.equal(wanted);
    });

    it(`lets ${op} of what is allowed do what it does without a filter`, async () => {
      for (const path of ['/pub/f', '/pub/d', '/pub/none', '/home/alice/f', '/home/alice', '/drop/x.in']) {
        const [one, other] = [await setUp(), await setUp()];
        expect(await outcomeOf(call(one.above, path)), path).to.equal(
          await outcomeOf(call(other.below, path)),
        );
        expect(await tree(one.below, '/')).to.deep.equal(await tree(other.below, '/'));
      }
    });
  }

  it('lists what may be seen, and of ways only directories', async () => {
    const { below, above } = await setUp();
    await put(below, '/home/alice.txt', '');
    expect(await names(above, '/')).to.deep.equal(['drop', 'home', 'pub']);
    expect(await names(above, '/home')).to.deep.equal(['alice']);
    expect(await names(above, '/pub')).to.deep.equal(['d', 'f']);
    expect(await names(above, '/drop')).to.deep.equal([]);
  });

  it('anything but a directory in the place of a way is EACCES and not listed', async () => {
    const { below, above } = await setUp([{ allow: '/file/x' }, { allow: '/link/x' }, { allow: '/none/x' }]);
    await put(below, '/file', '');
    await below.symlink('/secret', at('/link'), {});
    for (const path of ['/file', '/link']) {
      for (const op of ['lstat', 'readdir', 'resolve', 'pathToInode'])
        await refused((ON_PATH[op] as (typeof ON_PATH)[string])(above, path), 'EACCES');
    }
    await refused(above.lstat(at('/none'), {}), 'ENOENT');
    expect(await names(above, '/')).to.deep.equal([]);
  });

  for (const limit of [1, 2, 3, 7, 1000]) {
    it(`fills pages of ${limit} although most entries are denied`, async () => {
      const { below, above } = layered(pathFilter([{ deny: 'x*' }]));
      const all = Array.from({ length: 300 }, (_, index) => `${index % 7 === 0 ? 'a' : 'x'}${1000 + index}`);
      for (const name of all) await mkdirs(below, `/${name}`);
      const wanted = all.filter((name) => name.startsWith('a')).sort();
      expect(await names(above, '/', limit)).to.deep.equal(wanted);
      const pages = [];
      for (let after: string | undefined; ; after = pages.at(-1)?.at(-1)?.name) {
        pages.push(await above.readdir(at('/'), { after, limit }, {}));
        if ((pages.at(-1)?.length ?? 0) < limit) break;
      }
      expect(pages.slice(0, -1).every((page) => page.length === limit)).to.equal(true);
    });
  }

  it('a listing that goes on and on lets others have their turn, and ends when it is aborted', async () => {
    const { below, above } = layered(pathFilter([{ deny: 'x*' }]));
    for (let index = 0; index < 3000; index++) await mkdirs(below, `/x${index}`);
    const controller = new AbortController();
    const listing = above.readdir(at('/'), { limit: 1 }, { signal: controller.signal });
    setTimeout(() => controller.abort());
    await refused(listing, 'EINTR');
    await refused(above.readdir(at('/'), { limit: 0 }, {}), 'EINVAL');
  });

  describe('renames', () => {
    const cases: readonly (readonly [
      rules: readonly PathRule[],
      from: string,
      to: string,
      outcome: string,
    ])[] = [
      [[{ deny: '*.key' }], '/a', '/b', 'ok'],
      [[{ deny: '*.key' }], '/a', '/d/b', 'ok'],
      [[{ deny: '/a/secret' }], '/a', '/b', 'EACCES'],
      [[{ deny: '/b/secret' }], '/a', '/b', 'EACCES'],
      [[{ deny: '/d/*/secret' }], '/d/x', '/d/y', 'ok'],
      [[{ deny: '/d/*/secret' }], '/d/x', '/y', 'EACCES'],
      [[{ allow: '/a' }, { allow: '/b' }], '/a', '/b', 'ok'],
      [[{ allow: '/a' }, { allow: '/d/*' }], '/a', '/d/x', 'ok'],
      [[{ deny: '*.key' }, { allow: '/a' }, { allow: '/b' }], '/a', '/b', 'ok'],
      [[{ deny: '/a/**/x' }, { allow: '/' }], '/a', '/b', 'EACCES'],
      [[{ deny: '/a/**/x' }], '/a/d', '/a/e', 'ok'],
    ];
    for (const [rules, from, to, outcome] of cases) {
      it(`of ${from} to ${to} are ${outcome} under ${JSON.stringify(rules)}, file or directory`, async () => {
        for (const type of ['file', 'directory']) {
          const { below, above } = layered(pathFilter(rules));
          for (const directory of ['/d', '/a'].filter(
            (path) => from.startsWith(`${path}/`) || to.startsWith(`${path}/`),
          ))
            await mkdirs(below, directory);
          await (type === 'file' ? put(below, from, '') : mkdirs(below, from));
          expect(await outcomeOf(above.rename(at(from), at(to), { replace: false }, {}))).to.equal(outcome);
        }
      });
    }

    it('take what is denied inside along, and it stays denied', async () => {
      const { below, above } = await setUp();
      await mkdirs(below, '/pub/box');
      await put(below, '/pub/box/x.key', 'kept');
      await above.rename(at('/pub/box'), at('/home/alice/box'), { replace: false }, {});
      await refused(text(above, '/home/alice/box/x.key'), 'EACCES');
      expect(await text(below, '/home/alice/box/x.key')).to.equal('kept');
    });

    it('cannot plant what is denied, however a directory and a file are swapped meanwhile', async () => {
      const rules = [{ deny: '/home/*/.ssh' }];
      const { below, above } = layered(pathFilter(rules));
      await mkdirs(below, '/home');
      await put(above, '/file', '');
      await above.mkdir(at('/dir'), 0o755, {});
      await above.mkdir(at('/dir/.ssh'), 0o755, {});
      const move = (from: string, to: string) =>
        outcomeOf(above.rename(at(from), at(to), { replace: false }, {}));
      const outcomes = new Set<string>();
      for (let turn = 0; turn < 200; turn++) {
        const [, planted] = await Promise.all([
          (async () => {
            await move('/file', '/kept');
            await move('/dir', '/file');
          })(),
          move('/file', '/home/me'),
          move('/file', '/home/me'),
        ]);
        outcomes.add(planted);
        await move('/file', '/dir');
        await move('/kept', '/file');
      }
      expect([...outcomes]).to.deep.equal(['EACCES']);
      expect(await names(below, '/home')).to.deep.equal([]);
    });
  });

  describe('symlinks', () => {
    const LINKS: readonly (readonly [path: string, target: string, outcome: string])[] = [
      ['/pub/in', 'd/g', 'ok'],
      ['/pub/around', '../home/alice/f', 'ok'],
      ['/pub/out', '/secret/f', 'EACCES'],
      ['/pub/out2', '../secret/none', 'EACCES'],
      ['/pub/through', '../secret/../pub/f', 'EACCES'],
      ['/pub/hop', 'hop2', 'EACCES'],
      ['/pub/hop2', '/home/bob/f', 'EACCES'],
      ['/pub/key', 'x.key', 'EACCES'],
      ['/pub/nowhere', 'none', 'ENOENT'],
    ];
    for (const [path, target, outcome] of LINKS) {
      it(`one at ${path} to ${target} is ${outcome}, in every operation that follows`, async () => {
        const { below, above } = await setUp(RULES, resolvePaths());
        for (const [link, to] of LINKS) await below.symlink(to, at(link), {});
        expect(await outcomeOf(text(above, path))).to.equal(outcome);
        expect(await outcomeOf(above.lstat(at(path), { follow: true }))).to.equal(outcome);
        expect(await outcomeOf(above.setstat(at(path), { mode: 0o600 }, { follow: true }))).to.equal(outcome);
        const found = await above.resolve(at(path), 'follow', {}).then(
          ({ stats }) => (stats === undefined ? 'ENOENT' : 'ok'),
          (error: { code: string }) => error.code,
        );
        expect(found).to.equal(outcome);
        expect(await above.readlink(at(path), {})).to.equal(target);
      });
    }

    it('that are denied themselves cannot be followed, even to what is allowed', async () => {
      const { below, above } = await setUp(RULES, resolvePaths());
      await below.symlink('/pub', at('/alias'), {});
      await below.symlink('/pub/f', at('/pub/l.key'), {});
      for (const path of ['/alias', '/alias/f', '/alias/../pub/f', '/pub/l.key']) {
        await refused(text(above, path), 'EACCES');
        await refused(above.resolve(at(path), 'follow', {}), 'EACCES');
      }
    });

    it('and dots lead nowhere else', async () => {
      const { above } = await setUp(RULES, resolvePaths());
      expect(await text(above, '/pub/../pub/d/../f')).to.equal('in /pub/f');
      expect(await text(above, '/home/../pub/f')).to.equal('in /pub/f');
      for (const path of ['/secret/../pub/f', '/home/bob/../alice/f', '/pub/f/../f', '/pub/../secret/f'])
        await outcomeOf(text(above, path)).then((outcome) =>
          expect(outcome, path).to.be.oneOf(['EACCES', 'ENOTDIR']),
        );
    });

    it('a swap between looking and acting leads to the one, the other or a refusal', async () => {
      const { below, above } = await setUp(RULES, resolvePaths());
      await below.symlink('/secret', at('/pub/link'), {});
      await put(below, '/pub/d/f', 'mine');
      const swapping = { on: true };
      const swap = async (): Promise<void> => {
        while (swapping.on) {
          await below.rename(at('/pub/d'), at('/pub/kept'), { replace: false }, {});
          await below.rename(at('/pub/link'), at('/pub/d'), { replace: false }, {});
          await below.rename(at('/pub/d'), at('/pub/link'), { replace: false }, {});
          await below.rename(at('/pub/kept'), at('/pub/d'), { replace: false }, {});
        }
      };
      const swapped = swap();
      const seen = new Set<string>();
      for (let turn = 0; turn < 300; turn++)
        seen.add(await text(above, '/pub/d/f').catch((error: { code: string }) => error.code));
      swapping.on = false;
      await swapped;
      expect([...seen].filter((one) => !['mine', 'EACCES', 'ENOENT', 'ELOOP'].includes(one))).to.deep.equal(
        [],
      );
    });
  });

  describe('inode numbers', () => {
    it('of what is denied are as those of nothing', async () => {
      const { below, above } = await setUp();
      for (const path of ['/secret', '/secret/f', '/home/bob/f', '/pub/x.key', '/drop/a']) {
        const { inode } = await below.lstat(at(path), {});
        await refused(above.statInode(inode, {}), 'ESTALE');
        await refused(above.inodeToPath(inode, {}), 'ESTALE');
        await refused(above.lookup(inode, 'f', {}), 'ESTALE');
      }
    });

    it('of what is allowed, and of ways, work; names in them only where they may be seen', async () => {
      const { below, above } = await setUp();
      const inode = async (path: string) => (await below.lstat(at(path), {})).inode;
      expect(await above.inodeToPath(await inode('/pub/f'), {})).to.equal('/pub/f');
      expect(await above.statInode(await inode('/home'), {})).to.deep.equal(
        await below.lstat(at('/home'), {}),
      );
      expect((await above.lookup(1, 'pub', {})).type).to.equal('directory');
      for (const name of ['secret', 'none']) await refused(above.lookup(1, name, {}), 'EACCES');
      await refused(above.lookup(await inode('/pub'), 'x.key', {}), 'EACCES');
      await refused(above.lookup(await inode('/pub'), 'none', {}), 'ENOENT');
    });

    it('a name in another text for the same bytes is the same name', async () => {
      const { below, above } = layered(pathFilter([{ deny: '/ä' }]));
      await put(below, '/ä', 'kept');
      for (const call of Object.values(ON_PATH)) {
        const outcome = await outcomeOf(call(above, '/\udcc3\udca4'));
        expect(outcome).to.equal('EACCES');
      }
      await refused(above.lookup(1, '\udcc3\udca4', {}), 'EACCES');
    });
  });

  it('a file stays open when its path becomes a denied one', async () => {
    const { below, above } = await setUp();
    const handle = await open(above, '/pub/f', { access: 'rw' });
    await below.rename(at('/pub/f'), at('/secret/g'), { replace: false }, {});
    expect(new TextDecoder().decode(await above.read(handle, 0, 100, {}))).to.equal('in /pub/f');
    await above.close(handle, {});
  });

  it('above path resolution, refuses paths that it could misread', async () => {
    const { below } = await setUp();
    const above = stack(below, pathFilter(RULES), resolvePaths());
    for (const path of ['/pub/../secret/f', '/pub//f', '/pub/./f', '/pub/f/', '/pub/x.key/'])
      await refused(text(above, path), 'EINVAL');
  });

  it('takes the ability to resolve natively away, but for rules that deny nothing', () => {
    expect(layered(pathFilter(RULES)).above.capabilities.resolvesPaths).to.equal(false);
    expect(layered(pathFilter([])).above.capabilities.resolvesPaths).to.equal(true);
  });
});

async function tree(backend: VfsBackend, path: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, stats } of await backend.readdir(at(path), { limit: 1000 }, {})) {
    const child = path === '/' ? `/${name}` : `${path}/${name}`;
    found.push(`${child} ${stats.type} ${stats.mode} ${stats.size} ${stats.nlink}`);
    if (stats.type === 'directory') found.push(...(await tree(backend, child)));
  }
  return found;
}
