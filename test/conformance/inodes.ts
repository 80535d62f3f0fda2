import { expect } from 'chai';
import { ROOT_INODE } from '../../vfs/backend.ts';
import { refused } from './expectations.ts';
import { at, type Suite } from './suite.ts';

export function inodes(suite: Suite): void {
  if (!suite.can.inodes) return;
  const lookup = (parent: number, name: string) => suite.backend.lookup(parent, name, {});
  const pathOf = (inode: number) => suite.backend.inodeToPath(inode, {});

  describe('inodes', () => {
    it('the root is number 1', async () => {
      expect((await suite.stat('/')).inode).to.equal(ROOT_INODE);
      expect(await suite.backend.statInode(ROOT_INODE, {})).to.deep.equal(await suite.stat('/'));
      expect(await suite.backend.pathToInode(at('/'), {})).to.equal(ROOT_INODE);
      expect(await pathOf(ROOT_INODE)).to.equal('/');
    });

    it('names, numbers and paths lead to each other', async () => {
      await suite.mkdir('/a', '/a/b');
      await suite.put('/a/b/f', 'content');
      const file = await suite.stat('/a/b/f');
      const b = await suite.stat('/a/b');
      expect(await lookup(b.inode, 'f')).to.deep.equal(file);
      expect(await lookup((await lookup(ROOT_INODE, 'a')).inode, 'b')).to.deep.equal(b);
      expect(await suite.backend.statInode(file.inode, {})).to.deep.equal(file);
      expect(await suite.backend.pathToInode(at('/a/b/f'), {})).to.equal(file.inode);
      expect(await pathOf(file.inode)).to.equal('/a/b/f');
      expect(await pathOf(b.inode)).to.equal('/a/b');
    });

    it('follow renames, of directories above too', async () => {
      await suite.mkdir('/a', '/a/b', '/z');
      await suite.put('/a/b/f', '');
      const { inode } = await suite.stat('/a/b/f');
      await suite.backend.rename(at('/a/b'), at('/z/c'), { replace: false }, {});
      expect(await pathOf(inode)).to.equal('/z/c/f');
      await suite.backend.rename(at('/z/c/f'), at('/g'), { replace: false }, {});
      expect(await pathOf(inode)).to.equal('/g');
    });

    it('give one of the names of a file that has several', async () => {
      if (!suite.can.hardLinks) return;
      await suite.mkdir('/d');
      await suite.put('/a', '');
      const { inode } = await suite.stat('/a');
      await suite.backend.link(at('/a'), at('/d/b'), {});
      expect(['/a', '/d/b']).to.include(await pathOf(inode));
      await suite.backend.unlink(at('/d/b'), {});
      expect(await pathOf(inode)).to.equal('/a');
      await suite.backend.link(at('/a'), at('/d/c'), {});
      await suite.backend.unlink(at('/a'), {});
      expect(await pathOf(inode)).to.equal('/d/c');
      await suite.backend.rename(at('/d'), at('/e'), { replace: false }, {});
      expect(await pathOf(inode)).to.equal('/e/c');
    });

    it('that are gone, or never were, are ESTALE', async () => {
      await suite.put('/f', '');
      await suite.mkdir('/d');
      const [file, directory] = [(await suite.stat('/f')).inode, (await suite.stat('/d')).inode];
      await suite.backend.unlink(at('/f'), {});
      await suite.backend.rmdir(at('/d'), {});
      for (const inode of [file, directory, 0, -1, 2, 2 ** 40, 1.5, Number.NaN]) {
        if (inode === 2 && [file, directory].includes(2)) continue;
        await refused(suite.backend.statInode(inode, {}), 'ESTALE');
        await refused(pathOf(inode), 'ESTALE');
        await refused(lookup(inode, 'x'), 'ESTALE');
      }
    });

    it('of a file without a name live while it is open, and have no path', async () => {
      const handle = await suite.open('/f', { create: 'exclusive' });
      const { inode } = await suite.stat('/f');
      await suite.backend.unlink(at('/f'), {});
      expect(await suite.backend.statInode(inode, {})).to.include({ inode, nlink: 0 });
      await refused(pathOf(inode), 'ESTALE');
      await suite.close(handle);
      await refused(suite.backend.statInode(inode, {}), 'ESTALE');
    });

    it('are never used again', async () => {
      const seen = new Set<number>();
      for (let turn = 0; turn < 50; turn++) {
        await suite.put('/f', '');
        await suite.mkdir('/d');
        for (const path of ['/f', '/d']) {
          const { inode } = await suite.stat(path);
          expect(seen.has(inode)).to.equal(false);
          seen.add(inode);
        }
        await suite.backend.unlink(at('/f'), {});
        await suite.backend.rmdir(at('/d'), {});
      }
    });

    it('lookup is ENOENT for a missing name, ENOTDIR in what is no directory', async () => {
      await suite.put('/f', '');
      const { inode } = await suite.stat('/f');
      await refused(lookup(ROOT_INODE, 'missing'), 'ENOENT');
      await refused(lookup(inode, 'x'), 'ENOTDIR');
    });

    it('lookup takes one name, as bytes: no ., .., / or NUL, at most 255', async () => {
      await suite.put('/ä', '');
      for (const name of ['', '.', '..', 'a/b', '/', 'a\0'])
        await refused(lookup(ROOT_INODE, name), 'EINVAL');
      await refused(lookup(ROOT_INODE, 'x'.repeat(256)), 'ENAMETOOLONG');
      expect(await lookup(ROOT_INODE, '\udcc3\udca4')).to.deep.equal(await suite.stat('/ä'));
    });

    it('lookup sees a symlink itself', async () => {
      if (!suite.can.symlinks) return;
      await suite.backend.symlink('nowhere', at('/l'), {});
      expect(await lookup(ROOT_INODE, 'l')).to.include({ type: 'symlink' });
      await refused(lookup((await suite.stat('/l')).inode, 'x'), 'ENOTDIR');
    });
  });
}
