import { expect } from 'chai';
import type { VfsBackend } from '../../vfs/backend.ts';
import { clockMoves, expectSince, refused } from './expectations.ts';
import { at, type Suite } from './suite.ts';

type Operation = (backend: VfsBackend, path: ReturnType<typeof at>) => Promise<unknown>;

/** What can be asked of `/link/f` (a file) where `/link` leads to its directory. */
const THROUGH_A_LINK: Readonly<Record<string, Operation>> = {
  open: (backend, path) => backend.open(path, { access: 'rw' }, 0, {}),
  lstat: (backend, path) => backend.lstat(path, {}),
  setstat: (backend, path) => backend.setstat(path, { mode: 0o600 }, {}),
  pathToInode: (backend, path) => backend.pathToInode(path, {}),
  'rename from': (backend, path) => backend.rename(path, at('/elsewhere'), { replace: false }, {}),
  'rename to': (backend, path) => backend.rename(at('/file'), path, { replace: true }, {}),
  'link from': (backend, path) => backend.link(path, at('/elsewhere'), {}),
  'link to': (backend, path) => backend.link(at('/file'), at(`${path}-new`), {}),
  mkdir: (backend, path) => backend.mkdir(at(`${path}-new`), 0o755, {}),
  symlink: (backend, path) => backend.symlink('x', at(`${path}-new`), {}),
  create: (backend, path) => backend.open(at(`${path}-new`), { access: 'w', create: 'exclusive' }, 0o644, {}),
  unlink: (backend, path) => backend.unlink(path, {}),
  rmdir: (backend, path) => backend.rmdir(at(path.replace(/f$/, 'd')), {}),
  readdir: (backend, path) => backend.readdir(at(path.replace(/f$/, 'd')), { limit: 1 }, {}),
  readlink: (backend, path) => backend.readlink(at(path.replace(/f$/, 'l')), {}),
};

export function symlinks(suite: Suite): void {
  if (!suite.can.symlinks) return;
  const symlink = (target: string, path: string): Promise<void> =>
    suite.backend.symlink(target, at(path), {});
  const readlink = (path: string): Promise<string> => suite.backend.readlink(at(path), {});

  describe('symlinks', () => {
    it('a symlink has mode 0777, the size of its target, and an owner', async () => {
      const begun = Date.now();
      const owner = { uid: 5, gid: 6 };
      await suite.backend.symlink('some/where', at('/l'), { owner });
      const stats = await suite.stat('/l');
      expect(stats).to.include({
        type: 'symlink',
        mode: 0o777,
        nlink: 1,
        ...suite.ownerOfNew(owner),
        size: 10,
        used: 0,
      });
      for (const time of [stats.atime, stats.mtime, stats.ctime]) expectSince(time, begun);
    });

    const targets = [
      'x',
      '/',
      '..',
      'a/../b//c/.',
      'ä€😀',
      ' \n\t\\',
      '\udcff\udc80',
      '/no/such/place',
      'x'.repeat(4095),
    ];
    for (const target of targets) {
      it(`keeps the target ${JSON.stringify(target.slice(0, 20))} byte for byte`, async () => {
        await symlink(target, '/l');
        expect(await readlink('/l')).to.equal(target);
      });
    }

    it('the size counts bytes', async () => {
      await symlink('ä€😀\udcff', '/l');
      expect((await suite.stat('/l')).size).to.equal(2 + 3 + 4 + 1);
    });

    it('refuses a target that is empty, too long, or holds a NUL', async () => {
      await refused(symlink('', '/l'), 'ENOENT');
      await refused(symlink('x'.repeat(4096), '/l'), 'ENAMETOOLONG');
      await refused(symlink('ä'.repeat(2048), '/l'), 'ENAMETOOLONG');
      await refused(symlink('a\0b', '/l'), 'EINVAL');
      expect(await suite.names('/')).to.deep.equal([]);
      await symlink('ä'.repeat(2047), '/l');
    });

    it('never replaces what has the name', async () => {
      await suite.put('/f', 'f');
      await suite.mkdir('/d');
      await symlink('x', '/l');
      for (const path of ['/f', '/d', '/l', '/']) await refused(symlink('y', path), 'EEXIST');
      await refused(symlink('y', '/missing/l'), 'ENOENT');
      await refused(symlink('y', '/f/l'), 'ENOTDIR');
      expect(await readlink('/l')).to.equal('x');
    });

    it('readlink is EINVAL for what is not a symlink', async () => {
      await suite.put('/f', '');
      await refused(readlink('/f'), 'EINVAL');
      await refused(readlink('/'), 'EINVAL');
      await refused(readlink('/missing'), 'ENOENT');
      await refused(readlink('/f/x'), 'ENOTDIR');
    });

    it('lstat, unlink and rename act on the link', async () => {
      await suite.put('/f', 'content');
      await symlink('f', '/l');
      expect((await suite.stat('/l')).type).to.equal('symlink');
      await suite.backend.rename(at('/l'), at('/m'), { replace: false }, {});
      expect(await readlink('/m')).to.equal('f');
      await suite.backend.unlink(at('/m'), {});
      expect(await suite.text('/f')).to.equal('content');
    });

    it('setstat changes owner and times of the link, but not mode or size', async () => {
      await suite.put('/f', 'content');
      await symlink('f', '/l');
      const file = await suite.stat('/f');
      const mtime = { seconds: 1_000_000_000, nanoseconds: 0 };
      const ids = suite.settable({ uid: 3, gid: 4 });
      await suite.backend.setstat(at('/l'), { ...ids, mtime }, {});
      expect(await suite.stat('/l')).to.deep.include({ ...ids, mtime });
      await refused(suite.backend.setstat(at('/l'), { mode: 0o600 }, {}), 'ENOTSUP');
      await refused(suite.backend.setstat(at('/l'), { size: 1 }, {}), 'EINVAL');
      await refused(
        suite.backend.setstat(at('/l'), { ...suite.settable({ uid: 9 }), mode: 0o600 }, {}),
        'ENOTSUP',
      );
      expect(await suite.stat('/l')).to.include({ uid: ids.uid, mode: 0o777 });
      expect(await suite.stat('/f')).to.deep.equal(file);
    });

    it('exclusive open of a symlink is EEXIST, a dangling one too', async () => {
      await symlink('nowhere', '/l');
      await refused(suite.open('/l', { create: 'exclusive' }), 'EEXIST');
      await refused(suite.mkdir('/l'), 'EEXIST');
      await refused(suite.backend.rmdir(at('/l'), {}), 'ENOTDIR');
      expect(await suite.names('/')).to.deep.equal(['l']);
    });

    it('symlinks count as inodes', async () => {
      await symlink('a', '/l');
      await symlink('b', '/m');
      await suite.expectUsage({ used: 0, inodes: 2 });
      await suite.backend.unlink(at('/l'), {});
      await suite.expectUsage({ used: 0, inodes: 1 });
    });

    it('making one moves the times of its directory', async () => {
      await suite.mkdir('/d');
      await clockMoves();
      const begun = Date.now();
      await symlink('x', '/d/l');
      expectSince((await suite.stat('/d')).mtime, begun);
    });

    for (const [name, operation] of Object.entries(THROUGH_A_LINK)) {
      if (name === 'pathToInode' && !suite.can.inodes) continue;
      if (name.startsWith('link') && !suite.can.hardLinks) continue;
      it(`${name} ${suite.resolving ? 'follows' : 'refuses with ELOOP'} a symlink on the way`, async () => {
        await suite.mkdir('/real', '/real/d');
        await suite.put('/real/f', 'f');
        await suite.put('/file', 'file');
        await symlink('x', '/real/l');
        await symlink('real', '/link');
        if (suite.resolving) {
          await operation(suite.backend, at('/link/f'));
          return;
        }
        const before = await suite.entries('/real');
        await refused(operation(suite.backend, at('/link/f')), 'ELOOP');
        expect(await suite.entries('/real')).to.deep.equal(before);
      });
    }

    it(`open and readdir ${suite.resolving ? 'follow' : 'refuse with ELOOP'} a symlink in the last place`, async () => {
      await suite.mkdir('/real');
      await suite.put('/real/f', 'f');
      await symlink('real', '/d');
      await symlink('real/f', '/f');
      await symlink('real/new', '/new');
      if (suite.resolving) {
        expect(await suite.names('/d')).to.deep.equal(['f']);
        expect(await suite.text('/f')).to.equal('f');
        await suite.put('/new', 'made where the link leads');
        expect(await suite.names('/real')).to.deep.equal(['f', 'new']);
        return;
      }
      await refused(suite.names('/d'), 'ELOOP');
      for (const access of ['r', 'w', 'rw'] as const) await refused(suite.open('/f', { access }), 'ELOOP');
      await refused(suite.open('/d', { access: 'r' }), 'ELOOP');
      await refused(suite.open('/new', { create: 'if-missing' }), 'ELOOP');
      expect(await suite.names('/real')).to.deep.equal(['f']);
    });
  });
}
