import { expect } from 'chai';
import { clockMoves, expectSince, refused } from './expectations.ts';
import { at, type Suite } from './suite.ts';

export function hardLinks(suite: Suite): void {
  if (!suite.can.hardLinks) return;
  const link = (from: string, to: string): Promise<void> => suite.backend.link(at(from), at(to), {});

  describe('hard links', () => {
    it('a second name is the same file', async () => {
      await suite.put('/a', 'one');
      await link('/a', '/b');
      expect(await suite.stat('/b')).to.deep.equal(await suite.stat('/a'));
      expect((await suite.stat('/a')).nlink).to.equal(2);
      await suite.put('/b', 'changed');
      expect(await suite.text('/a')).to.equal('changed');
    });

    it('the file lives until its last name is gone', async () => {
      await suite.mkdir('/d');
      await suite.put('/a', 'kept');
      await link('/a', '/d/b');
      await link('/d/b', '/c');
      await suite.backend.unlink(at('/a'), {});
      await suite.backend.unlink(at('/c'), {});
      expect(await suite.stat('/d/b')).to.include({ nlink: 1, size: 4 });
      expect(await suite.text('/d/b')).to.equal('kept');
      await suite.backend.unlink(at('/d/b'), {});
      await suite.expectUsage({ used: 0, inodes: 1 });
    });

    it('takes neither bytes nor an inode, so no quota refuses it', async () => {
      await suite.put('/a', 'content');
      const before = suite.can.limits ? await suite.usage() : {};
      await suite.backend.link(at('/a'), at('/b'), { limits: { bytes: 0, inodes: 0 } });
      await suite.expectUsage(before);
    });

    it('a directory is EPERM', async () => {
      await suite.mkdir('/d');
      await refused(link('/d', '/e'), 'EPERM');
      await refused(link('/', '/e'), 'EPERM');
      expect(await suite.names('/')).to.deep.equal(['d']);
    });

    it('never replaces what has the name', async () => {
      await suite.put('/a', 'a');
      await suite.put('/b', 'b');
      await suite.mkdir('/d');
      for (const to of ['/a', '/b', '/d', '/']) await refused(link('/a', to), 'EEXIST');
      expect(await suite.stat('/a')).to.include({ nlink: 1 });
      expect(await suite.text('/b')).to.equal('b');
    });

    it('what is missing is ENOENT, a file on the way ENOTDIR', async () => {
      await suite.put('/a', 'a');
      await refused(link('/missing', '/b'), 'ENOENT');
      await refused(link('/a', '/missing/b'), 'ENOENT');
      await refused(link('/a', '/a/b'), 'ENOTDIR');
      await refused(link('/a/b', '/b'), 'ENOTDIR');
      expect((await suite.stat('/a')).nlink).to.equal(1);
    });

    it("moves the file's ctime, and mtime and ctime of the directory of the new name", async () => {
      await suite.mkdir('/d');
      await suite.put('/a', 'a');
      const [before, root] = [await suite.stat('/a'), await suite.stat('/')];
      await clockMoves();
      const begun = Date.now();
      await link('/a', '/d/b');
      const after = await suite.stat('/a');
      expectSince(after.ctime, begun);
      expect({ ...after, ctime: before.ctime, nlink: 1 }).to.deep.equal(before);
      expectSince((await suite.stat('/d')).mtime, begun);
      expect(await suite.stat('/')).to.deep.equal(root);
    });

    it('unlink of one name moves the ctime that the other shows', async () => {
      await suite.put('/a', 'a');
      await link('/a', '/b');
      await clockMoves();
      const begun = Date.now();
      await suite.backend.unlink(at('/a'), {});
      expectSince((await suite.stat('/b')).ctime, begun);
    });

    it('rename onto another name of the same file does nothing, and is EEXIST without replace', async () => {
      await suite.put('/a', 'a');
      await link('/a', '/b');
      const before = await suite.stat('/a');
      await clockMoves();
      await suite.backend.rename(at('/a'), at('/b'), { replace: true }, {});
      await refused(suite.backend.rename(at('/a'), at('/b'), { replace: false }, {}), 'EEXIST');
      expect(await suite.names('/')).to.deep.equal(['a', 'b']);
      expect(await suite.stat('/a')).to.deep.equal(before);
    });

    it('replacing one name leaves the other', async () => {
      await suite.put('/a', 'old');
      await link('/a', '/b');
      await suite.put('/new', 'new');
      await suite.backend.rename(at('/new'), at('/a'), { replace: true }, {});
      expect(await suite.text('/a')).to.equal('new');
      expect(await suite.text('/b')).to.equal('old');
      expect((await suite.stat('/b')).nlink).to.equal(1);
      await suite.expectUsage({ used: 6, inodes: 2 });
    });

    it('a symlink can have a second name: the link itself, not what it leads to', async () => {
      if (!suite.can.symlinks) return;
      await suite.put('/a', 'a');
      await suite.backend.symlink('a', at('/l'), {});
      await link('/l', '/m');
      expect(await suite.stat('/m')).to.include({ type: 'symlink', nlink: 2 });
      expect((await suite.stat('/a')).nlink).to.equal(1);
      expect(await suite.backend.readlink(at('/m'), {})).to.equal('a');
    });

    it('300 names of one file are counted and removed', async () => {
      await suite.put('/f0', 'x');
      for (let index = 1; index < 300; index++) await link('/f0', `/f${index}`);
      expect((await suite.stat('/f7')).nlink).to.equal(300);
      for (let index = 0; index < 299; index++) await suite.backend.unlink(at(`/f${index}`), {});
      expect((await suite.stat('/f299')).nlink).to.equal(1);
      expect(await suite.text('/f299')).to.equal('x');
    });
  });
}
