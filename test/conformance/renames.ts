import { expect } from 'chai';
import type { VfsErrorCode } from '../../vfs/errors.ts';
import { clockMoves, expectSince, outcomeOf, refused } from './expectations.ts';
import { at, type Suite } from './suite.ts';

type Kind = 'file' | 'symlink' | 'empty directory' | 'full directory';

const KINDS: readonly Kind[] = ['file', 'symlink', 'empty directory', 'full directory'];
const isDirectory = (kind: Kind): boolean => kind.endsWith('directory');

/** What POSIX rename answers for a source over a target. */
function replacing(source: Kind, target: Kind): VfsErrorCode | 'ok' {
  if (isDirectory(source) && !isDirectory(target)) return 'ENOTDIR';
  if (!isDirectory(source) && isDirectory(target)) return 'EISDIR';
  return target === 'full directory' ? 'ENOTEMPTY' : 'ok';
}

export function renames(suite: Suite): void {
  const rename = (from: string, to: string, replace = true): Promise<void> =>
    suite.backend.rename(at(from), at(to), { replace }, {});
  const kinds = KINDS.filter((kind) => kind !== 'symlink' || suite.can.symlinks);

  async function make(kind: Kind, path: string): Promise<void> {
    if (kind === 'file') await suite.put(path, path);
    else if (kind === 'symlink') await suite.backend.symlink('nowhere', at(path), {});
    else await suite.mkdir(path);
    if (kind === 'full directory') await suite.put(`${path}/inside`, path);
  }

  describe('rename', () => {
    for (const kind of kinds) {
      for (const replace of [true, false]) {
        it(`moves a ${kind} to a free name ${replace ? 'with' : 'without'} replace`, async () => {
          await suite.mkdir('/to');
          await make(kind, '/from');
          const before = await suite.stat('/from');
          await rename('/from', '/to/new', replace);
          expect((await suite.stat('/to/new')).inode).to.equal(before.inode);
          await refused(suite.stat('/from'), 'ENOENT');
          expect(await suite.names('/')).to.deep.equal(['to']);
          if (kind === 'full directory') expect(await suite.text('/to/new/inside')).to.equal('/from');
        });
      }
    }

    for (const source of kinds) {
      for (const target of kinds) {
        it(`a ${source} over a ${target}: ${replacing(source, target)}, and EEXIST without replace`, async () => {
          await make(source, '/source');
          await make(target, '/target');
          const [from, to] = [await suite.stat('/source'), await suite.stat('/target')];
          await refused(rename('/source', '/target', false), 'EEXIST');
          expect((await suite.stat('/target')).inode).to.equal(to.inode);
          const inodesBefore = suite.can.limits ? (await suite.usage()).inodes : 0;
          const wanted = replacing(source, target);
          expect(await outcomeOf(rename('/source', '/target'))).to.equal(wanted);
          const replaced = wanted === 'ok';
          expect((await suite.stat('/target')).inode).to.equal(replaced ? from.inode : to.inode);
          expect(await suite.names('/')).to.deep.equal(replaced ? ['target'] : ['source', 'target']);
          await suite.expectUsage({ inodes: inodesBefore - (replaced ? 1 : 0) });
        });
      }
    }

    for (const kind of kinds) {
      it(`a ${kind} onto itself is nothing with replace, EEXIST without`, async () => {
        await make(kind, '/x');
        const before = await suite.stat('/x');
        await clockMoves();
        await rename('/x', '/x');
        await refused(rename('/x', '/x', false), 'EEXIST');
        expect(suite.steady(await suite.stat('/x'))).to.deep.equal(suite.steady(before));
      });
    }

    it('a directory into itself or below is EINVAL', async () => {
      await suite.mkdir('/a', '/a/b', '/a/b/c');
      await refused(rename('/a', '/a/x'), 'EINVAL');
      await refused(rename('/a', '/a/b/x', false), 'EINVAL');
      await refused(rename('/a', '/a/b/c'), 'EINVAL');
      await suite.mkdir('/ab');
      await rename('/a', '/ab/a');
      expect(await suite.names('/ab/a/b')).to.deep.equal(['c']);
    });

    it('a directory over one that it lies in is ENOTEMPTY', async () => {
      await suite.mkdir('/a', '/a/b', '/a/b/c');
      await refused(rename('/a/b/c', '/a'), 'ENOTEMPTY');
      await refused(rename('/a/b/c', '/a/b'), 'ENOTEMPTY');
    });

    it('the root is EBUSY either way', async () => {
      await suite.mkdir('/d');
      await suite.put('/f', '');
      for (const replace of [true, false]) {
        await refused(rename('/', '/x', replace), 'EBUSY');
        await refused(rename('/', '/d', replace), 'EBUSY');
        await refused(rename('/d', '/', replace), 'EBUSY');
        await refused(rename('/f', '/', replace), 'EBUSY');
        await refused(rename('/', '/', replace), 'EBUSY');
      }
    });

    it('what is missing is ENOENT, a file on the way ENOTDIR', async () => {
      await suite.put('/f', '');
      await suite.mkdir('/d');
      await refused(rename('/missing', '/x'), 'ENOENT');
      await refused(rename('/missing/x', '/x'), 'ENOENT');
      await refused(rename('/f', '/missing/x'), 'ENOENT');
      await refused(rename('/f/x', '/x'), 'ENOTDIR');
      await refused(rename('/d', '/f/x'), 'ENOTDIR');
      await refused(rename('/f', '/f/x'), 'ENOTDIR');
      expect(await suite.names('/')).to.deep.equal(['d', 'f']);
    });

    it('what was under a directory is found under its new name at once', async () => {
      await suite.mkdir('/a', '/a/b', '/a/b/c', '/z');
      await suite.put('/a/b/c/f', 'here');
      expect(await suite.text('/a/b/c/f')).to.equal('here');
      await rename('/a/b', '/z/b');
      expect(await suite.text('/z/b/c/f')).to.equal('here');
      await refused(suite.stat('/a/b/c/f'), 'ENOENT');
      await suite.mkdir('/a/b');
      expect(await suite.names('/a/b')).to.deep.equal([]);
    });

    it('moves ctime of what is renamed, mtime and ctime of both directories, and no other time', async () => {
      await suite.mkdir('/a', '/b');
      await suite.put('/a/f', 'x');
      const file = await suite.stat('/a/f');
      await clockMoves();
      const begun = Date.now();
      await rename('/a/f', '/b/g');
      for (const path of ['/a', '/b']) {
        const { mtime, ctime } = await suite.stat(path);
        expectSince(mtime, begun);
        expectSince(ctime, begun);
      }
      const moved = await suite.stat('/b/g');
      expectSince(moved.ctime, begun);
      expect({ ...moved, ctime: file.ctime }).to.deep.equal(file);
    });

    it('keeps the sum of links right when a directory replaces one elsewhere', async () => {
      await suite.mkdir('/a', '/a/x', '/b', '/b/x');
      await rename('/a/x', '/b/x');
      expect((await suite.stat('/a')).nlink).to.equal(suite.directoryLinks(0));
      expect((await suite.stat('/b')).nlink).to.equal(suite.directoryLinks(1));
      expect((await suite.stat('/')).nlink).to.equal(suite.directoryLinks(2));
    });

    it('a name that differs in case, or is longer, is another name', async () => {
      await suite.put('/name', 'x');
      await rename('/name', '/NAME');
      expect(await suite.names('/')).to.deep.equal(['NAME']);
      await rename('/NAME', '/NAMES');
      expect(await suite.names('/')).to.deep.equal(['NAMES']);
    });
  });
}
