import { expect } from 'chai';
import { compareBytes } from '../../vfs/names.ts';
import { clockMoves, expectSince, refused } from './expectations.ts';
import { at, bytesOf, type Suite } from './suite.ts';

export function directories(suite: Suite): void {
  describe('directories', () => {
    it('a new storage has an empty root', async () => {
      expect(await suite.names('/')).to.deep.equal([]);
      expect(await suite.stat('/')).to.include({
        type: 'directory',
        nlink: suite.directoryLinks(0),
        size: 0,
        used: 0,
      });
      await suite.expectUsage({ used: 0, inodes: 0 });
    });

    it('mkdir makes an empty directory with mode and owner', async () => {
      const begun = Date.now();
      const owner = { uid: 7, gid: 8 };
      await suite.backend.mkdir(at('/d'), 0o42750, { owner });
      const stats = await suite.stat('/d');
      const wanted = {
        type: 'directory',
        mode: 0o2750,
        ...suite.ownerOfNew(owner),
        nlink: suite.directoryLinks(0),
        size: 0,
        used: 0,
      };
      expect(stats).to.include(wanted);
      for (const time of [stats.atime, stats.mtime, stats.ctime]) expectSince(time, begun);
      expect(await suite.names('/d')).to.deep.equal([]);
    });

    it('mkdir is EEXIST where anything has the name, the root included', async () => {
      await suite.put('/f', '');
      await suite.mkdir('/d');
      for (const path of ['/f', '/d', '/']) await refused(suite.mkdir(path), 'EEXIST');
    });

    it('mkdir makes no directories on the way', async () => {
      await suite.put('/f', '');
      await refused(suite.mkdir('/a/b'), 'ENOENT');
      await refused(suite.mkdir('/f/b'), 'ENOTDIR');
      expect(await suite.names('/')).to.deep.equal(['f']);
    });

    it('rmdir removes an empty directory alone', async () => {
      await suite.mkdir('/d', '/d/e');
      await suite.put('/f', '');
      await refused(suite.backend.rmdir(at('/d'), {}), 'ENOTEMPTY');
      await refused(suite.backend.rmdir(at('/f'), {}), 'ENOTDIR');
      await refused(suite.backend.rmdir(at('/'), {}), 'EBUSY');
      await refused(suite.backend.rmdir(at('/missing'), {}), 'ENOENT');
      await suite.backend.rmdir(at('/d/e'), {});
      await suite.backend.rmdir(at('/d'), {});
      expect(await suite.names('/')).to.deep.equal(['f']);
      await refused(suite.stat('/d'), 'ENOENT');
    });

    it('unlink is EISDIR for a directory, the root included', async () => {
      await suite.mkdir('/d');
      await refused(suite.backend.unlink(at('/d'), {}), 'EISDIR');
      await refused(suite.backend.unlink(at('/'), {}), 'EISDIR');
      await refused(suite.backend.unlink(at('/d/missing'), {}), 'ENOENT');
    });

    it('nlink counts the directory itself and each subdirectory', async () => {
      await suite.mkdir('/a', '/b', '/a/x', '/a/y');
      await suite.put('/a/f', '');
      expect((await suite.stat('/')).nlink).to.equal(suite.directoryLinks(2));
      expect((await suite.stat('/a')).nlink).to.equal(suite.directoryLinks(2));
      await suite.backend.rmdir(at('/a/x'), {});
      await suite.backend.rename(at('/a/y'), at('/b/y'), { replace: true }, {});
      expect((await suite.stat('/a')).nlink).to.equal(suite.directoryLinks(0));
      expect((await suite.stat('/b')).nlink).to.equal(suite.directoryLinks(1));
    });

    it('a change of entries moves mtime and ctime of the directory, and of it alone', async () => {
      await suite.mkdir('/d', '/d/sub');
      await suite.put('/d/sub/f', 'x');
      const changes: readonly (() => Promise<unknown>)[] = [
        () => suite.put('/d/new', ''),
        () => suite.mkdir('/d/newer'),
        () => suite.backend.unlink(at('/d/new'), {}),
        () => suite.backend.rmdir(at('/d/newer'), {}),
      ];
      for (const change of changes) {
        const [root, before] = [await suite.stat('/'), await suite.stat('/d')];
        await clockMoves();
        const begun = Date.now();
        await change();
        const after = await suite.stat('/d');
        expectSince(after.mtime, begun);
        expectSince(after.ctime, begun);
        expect(suite.steady(after).atime).to.deep.equal(suite.steady(before).atime);
        expect(suite.steady(await suite.stat('/'))).to.deep.equal(suite.steady(root));
      }
      const before = await suite.stat('/d');
      await clockMoves();
      await suite.put('/d/sub/f', 'longer than before');
      expect(suite.steady(await suite.stat('/d'))).to.deep.equal(suite.steady(before));
    });

    it('removing and making again by the same name gives another directory', async () => {
      // Without the ability a number may be used again, and this asks for nothing.
      if (!suite.can.inodes) return;
      await suite.mkdir('/d');
      const before = await suite.stat('/d');
      await suite.backend.rmdir(at('/d'), {});
      await suite.mkdir('/d');
      expect((await suite.stat('/d')).inode).not.to.equal(before.inode);
    });

    it('nests as deep as a path can say', async function () {
      // A walk of each path, a thousand times, through whatever layers there are.
      this.timeout(60_000);
      let path = '';
      for (let depth = 0; depth < 1000; depth++) {
        path += '/d';
        await suite.mkdir(path);
      }
      await suite.put(`${path}/f`, 'deep');
      expect(await suite.text(`${path}/f`)).to.equal('deep');
      await suite.expectUsage({ inodes: 1001 });
    });
  });

  describe('listing', () => {
    it('gives the names in the order of their bytes, without . and ..', async () => {
      const names = ['b', 'a', 'B', '~', '!', 'é', 'z', '\u{ffff}', '\u{10000}', '10', '9', 'a b', '-'];
      for (const name of names) await suite.put(`/${name}`, '');
      const wanted = names.toSorted((x, y) => compareBytes(bytesOf(x), bytesOf(y)));
      for (const size of [1, 2, 5, 13, 1000]) expect(await suite.names('/', size)).to.deep.equal(wanted);
    });

    it('gives with each name what lstat says', async () => {
      await suite.mkdir('/d');
      await suite.put('/f', 'content');
      if (suite.can.symlinks) await suite.backend.symlink('nowhere', at('/l'), {});
      for (const { name, stats } of await suite.entries('/')) {
        expect(stats).to.deep.equal(await suite.stat(`/${name}`));
      }
    });

    it('sees a write that is not closed yet', async () => {
      const handle = await suite.open('/f', { create: 'exclusive' });
      await suite.write(handle, 0, 'content');
      expect((await suite.entries('/'))[0]?.stats.size).to.equal(7);
    });

    it('pages are full but for the last one', async () => {
      for (let index = 0; index < 10; index++) await suite.put(`/f${index}`, '');
      const page = (after: string | undefined, limit: number) =>
        suite.backend.readdir(at('/'), { after, limit }, {});
      expect(await page(undefined, 4)).to.have.length(4);
      expect((await page('f3', 4)).map(({ name }) => name)).to.deep.equal(['f4', 'f5', 'f6', 'f7']);
      expect(await page('f7', 4)).to.have.length(2);
      expect(await page('f9', 4)).to.have.length(0);
    });

    it('goes on after a name that is gone or never was', async () => {
      for (const name of ['a', 'c', 'e']) await suite.put(`/${name}`, '');
      const after = async (name: string) =>
        (await suite.backend.readdir(at('/'), { after: name, limit: 9 }, {})).map((entry) => entry.name);
      expect(await after('b')).to.deep.equal(['c', 'e']);
      expect(await after('')).to.deep.equal(['a', 'c', 'e']);
      expect(await after('d')).to.deep.equal(['e']);
      expect(await after('z')).to.deep.equal([]);
      await suite.backend.unlink(at('/c'), {});
      expect(await after('c')).to.deep.equal(['e']);
    });

    it('while names come and go, each that stays is listed exactly once', async () => {
      for (let index = 100; index < 200; index++) await suite.put(`/stay${index}`, '');
      const seen: string[] = [];
      for (let turn = 0; ; turn++) {
        const page = await suite.backend.readdir(at('/'), { after: seen.at(-1), limit: 7 }, {});
        seen.push(...page.map((entry) => entry.name));
        if (page.length < 7) break;
        await suite.put(`/come${turn}`, '');
        await suite.put(`/stay${100 + turn * 6}.5`, '');
        if (turn % 2 === 1) await suite.backend.unlink(at(`/come${turn}`), {});
      }
      const stayed = seen.filter((name) => /^stay\d{3}$/.test(name));
      expect(stayed).to.deep.equal(Array.from({ length: 100 }, (_, index) => `stay${index + 100}`));
    });

    it('2,000 names come back whole in pages of 100', async () => {
      const names = Array.from(
        { length: 2000 },
        (_, index) => `n${String((index * 7919) % 2000).padStart(5, '0')}`,
      );
      for (const name of names) await suite.close(await suite.open(`/${name}`, { create: 'exclusive' }));
      expect(await suite.names('/', 100)).to.deep.equal(names.toSorted());
      for (const name of names.slice(0, 1000)) await suite.backend.unlink(at(`/${name}`), {});
      expect(await suite.names('/', 100)).to.deep.equal(names.slice(1000).toSorted());
    });

    it('what is no directory is ENOTDIR, what is missing ENOENT', async () => {
      await suite.put('/f', '');
      await refused(suite.names('/f'), 'ENOTDIR');
      await refused(suite.names('/f/x'), 'ENOTDIR');
      await refused(suite.names('/missing'), 'ENOENT');
    });

    it('a page of less than one entry is EINVAL', async () => {
      for (const limit of [0, -1, 0.5, Number.NaN]) {
        await refused(suite.backend.readdir(at('/'), { limit }, {}), 'EINVAL');
      }
    });
  });
}
