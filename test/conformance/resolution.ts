import { expect } from 'chai';
import type { Resolution } from '../../vfs/backend.ts';
import type { VfsErrorCode } from '../../vfs/errors.ts';
import { refused } from './expectations.ts';
import { at, type Suite } from './suite.ts';

type Last = 'follow' | 'keep';

/** The tree that the tables below walk: links by their target, `/` at the end for a directory, else a file. */
const TREE: readonly (string | readonly [string, string])[] = [
  '/a/', '/a/b/', '/a/b/f', '/bar', '/a/bar',
  ['/foo', 'a/b'],
  ['/abs', '/a/b'],
  ['/a/up', '..'],
  ['/a/b/over', '../../../../..'],
  ['/file', 'a/b/f'],
  ['/tofile', '/file'],
  ['/dangling', 'a/missing'],
  ['/far', 'missing/missing'],
  ['/self', 'self'],
  ['/ping', 'pong'],
  ['/pong', '/ping'],
  ['/slash', 'a/b/'],
  ['/fileslash', 'bar/'],
  ['/dot', '.'],
  ['/root', '/'],
  ['/odd', './/a/./b//../b'],
]; // prettier-ignore

/** A path, how its last link is taken, and where it leads; `?` before a name that does not exist. */
const RESOLVED: readonly (readonly [string, Last, string])[] = [
  ['/', 'keep', '/'], ['//', 'keep', '/'], ['/.', 'keep', '/'], ['/..', 'keep', '/'], ['/../../..', 'follow', '/'],
  ['/a/b/f', 'keep', '/a/b/f'], ['//a///b//f', 'keep', '/a/b/f'], ['/./a/./b/./f', 'keep', '/a/b/f'],
  ['/a/..', 'keep', '/'], ['/a/b/..', 'keep', '/a'], ['/a/b/../bar', 'keep', '/a/bar'],
  ['/../a', 'keep', '/a'], ['/a/../../../a/b', 'keep', '/a/b'],
  ['/foo', 'keep', '/foo'], ['/foo', 'follow', '/a/b'], ['/abs', 'follow', '/a/b'],
  ['/foo/f', 'keep', '/a/b/f'], ['/foo/.', 'keep', '/a/b'], ['/foo/', 'keep', '/a/b'],
  ['/foo/..', 'keep', '/a'], ['/foo/../bar', 'keep', '/a/bar'], ['/abs/../bar', 'follow', '/a/bar'],
  ['/a/up', 'follow', '/'], ['/a/up/bar', 'keep', '/bar'], ['/a/b/over', 'follow', '/'], ['/a/b/over/bar', 'keep', '/bar'],
  ['/file', 'follow', '/a/b/f'], ['/tofile', 'follow', '/a/b/f'], ['/tofile', 'keep', '/tofile'],
  ['/dangling', 'keep', '/dangling'], ['/dangling', 'follow', '?/a/missing'], ['/a/missing', 'keep', '?/a/missing'],
  ['/missing', 'follow', '?/missing'], ['/foo/missing', 'keep', '?/a/b/missing'], ['/foo/../missing', 'follow', '?/a/missing'],
  ['/self', 'keep', '/self'], ['/ping', 'keep', '/ping'],
  ['/slash', 'follow', '/a/b'], ['/slash', 'keep', '/slash'], ['/slash/f', 'keep', '/a/b/f'],
  ['/dot', 'follow', '/'], ['/dot/dot/a/', 'keep', '/a'], ['/root', 'follow', '/'], ['/root/a/up/root/bar', 'keep', '/bar'],
  ['/odd', 'follow', '/a/b'], ['/odd/../bar', 'keep', '/a/bar'],
  ['/missing/', 'keep', '?/missing'], ['/dangling/', 'keep', '?/a/missing'],
]; // prettier-ignore

const REFUSED: readonly (readonly [string, Last, VfsErrorCode])[] = [
  ['/missing/x', 'keep', 'ENOENT'], ['/missing/.', 'keep', 'ENOENT'], ['/missing/..', 'keep', 'ENOENT'],
  ['/far', 'follow', 'ENOENT'], ['/far/x', 'keep', 'ENOENT'], ['/dangling/x', 'keep', 'ENOENT'], ['/dangling/..', 'keep', 'ENOENT'],
  ['/bar/', 'keep', 'ENOTDIR'], ['/bar/.', 'keep', 'ENOTDIR'], ['/bar/..', 'keep', 'ENOTDIR'], ['/bar/x', 'keep', 'ENOTDIR'],
  ['/file/', 'keep', 'ENOTDIR'], ['/file/x', 'keep', 'ENOTDIR'], ['/tofile/.', 'follow', 'ENOTDIR'],
  ['/fileslash', 'follow', 'ENOTDIR'],
  ['/self', 'follow', 'ELOOP'], ['/self/', 'keep', 'ELOOP'], ['/self/x', 'keep', 'ELOOP'], ['/self/..', 'keep', 'ELOOP'],
  ['/ping', 'follow', 'ELOOP'], ['/pong/x', 'keep', 'ELOOP'],
  [`/${'x'.repeat(256)}`, 'keep', 'ENAMETOOLONG'],
]; // prettier-ignore

/** What never reaches a backend, since the resolving layer refuses it. */
const REFUSED_ABOVE: readonly (readonly [string, VfsErrorCode])[] = [
  ['', 'ENOENT'], ['relative', 'EINVAL'], ['./x', 'EINVAL'], ['/nul\0', 'EINVAL'], ['/\ud800', 'EINVAL'],
  [`/${'x/'.repeat(2048)}`, 'ENAMETOOLONG'],
]; // prettier-ignore

export function resolution(suite: Suite): void {
  if (!suite.can.symlinks) return;
  const resolve = (path: string, last: Last): Promise<Resolution> =>
    suite.backend.resolve(at(path), last, {});
  const symlink = (target: string, path: string): Promise<void> =>
    suite.backend.symlink(target, at(path), {});

  async function plant(): Promise<void> {
    for (const item of TREE) {
      if (typeof item !== 'string') await symlink(item[1], item[0]);
      else if (item.endsWith('/')) await suite.mkdir(item.slice(0, -1));
      else await suite.put(item, item);
    }
  }

  async function chain(length: number): Promise<void> {
    await suite.mkdir('/end');
    await suite.put('/end/f', 'reached');
    await symlink('end', '/link1');
    for (let hop = 2; hop <= length; hop++) await symlink(`link${hop - 1}`, `/link${hop}`);
  }

  describe('resolution', () => {
    it('walks every path of the table as the kernel does', async () => {
      await plant();
      for (const [path, last, wanted] of RESOLVED) {
        const found = await resolve(path, last);
        expect(`${found.stats === undefined ? '?' : ''}${found.path}`, `${path} ${last}`).to.equal(wanted);
        if (found.stats !== undefined) expect(found.stats, path).to.deep.equal(await suite.stat(found.path));
      }
    });

    it('refuses every path of the other table with its code', async () => {
      await plant();
      for (const [path, last, code] of REFUSED) await refused(resolve(path, last), code);
    });

    if (suite.resolving) {
      it('refuses what is no path before it reaches the backend', async () => {
        for (const [path, code] of REFUSED_ABOVE) {
          await refused(resolve(path, 'follow'), code);
          await refused(suite.stat(path), code);
        }
      });
    }

    it('follows 40 symlinks and refuses the 41st', async () => {
      await chain(41);
      expect((await resolve('/link40', 'follow')).path).to.equal('/end');
      expect((await resolve('/link40/f', 'keep')).path).to.equal('/end/f');
      await refused(resolve('/link41', 'follow'), 'ELOOP');
      await refused(resolve('/link41/f', 'keep'), 'ELOOP');
      expect((await resolve('/link41', 'keep')).path).to.equal('/link41');
    });

    it('counts the symlinks of a whole path, not of one component', async () => {
      await suite.mkdir('/d');
      await symlink('.', '/d/here');
      expect((await resolve(`/d${'/here'.repeat(40)}`, 'follow')).path).to.equal('/d');
      await refused(resolve(`/d${'/here'.repeat(41)}`, 'follow'), 'ELOOP');
    });

    it('a link that doubles its own work ends in ELOOP, soon', async () => {
      await symlink('bomb/bomb', '/bomb');
      await refused(resolve('/bomb', 'follow'), 'ELOOP');
      await symlink('big1/big1/big1', '/big0');
      for (let level = 1; level < 30; level++)
        await symlink(`big${level + 1}/../big${level + 1}`, `/big${level}`);
      await suite.mkdir('/big30');
      await refused(resolve('/big1', 'follow'), 'ELOOP');
    });

    it('tells every directory that was searched, in order, links included', async () => {
      await plant();
      const searched = async (path: string): Promise<number[]> =>
        (await resolve(path, 'follow')).searched.map((stats) => stats.inode);
      const [root, a, b] = await Promise.all(
        ['/', '/a', '/a/b'].map(async (path) => (await suite.stat(path)).inode),
      );
      expect(await searched('/')).to.deep.equal([]);
      expect(await searched('/a/b/f')).to.deep.equal([root, a, b]);
      expect(await searched('/foo/f')).to.deep.equal([root, root, a, b]);
      expect(await searched('/missing')).to.deep.equal([root]);
    });

    it('a path that a link makes too long is ENAMETOOLONG', async () => {
      let path = '';
      for (let depth = 0; depth < 16; depth++) await suite.mkdir((path += `/${'d'.repeat(250)}`));
      await symlink(path, '/deep');
      const name = 'n'.repeat(200);
      await refused(resolve(`/deep/${name}`, 'keep'), 'ENAMETOOLONG');
      expect((await resolve('/deep/short', 'keep')).path).to.equal(`${path}/short`);
      await symlink('x'.repeat(256), '/toolong');
      await refused(resolve('/toolong', 'follow'), 'ENAMETOOLONG');
    });

    it('a symlink cannot lead above the root', async () => {
      await suite.mkdir('/etc');
      await suite.put('/etc/passwd', 'ours');
      for (const [index, target] of ['/etc/passwd', '../../../../etc/passwd', '/../etc/passwd'].entries()) {
        await symlink(target, `/out${index}`);
        expect((await resolve(`/out${index}`, 'follow')).path).to.equal('/etc/passwd');
      }
    });

    it('while a directory is swapped for a symlink, a path leads to the one or the other', async () => {
      await suite.mkdir('/in', '/in/d', '/other');
      await suite.put('/in/d/f', 'inside');
      await suite.put('/other/f', 'other');
      await symlink('/other', '/in/link');
      const state = { swapping: true };
      const swap = async (): Promise<void> => {
        while (state.swapping) {
          await suite.backend.rename(at('/in/d'), at('/in/kept'), { replace: false }, {});
          await suite.backend.rename(at('/in/link'), at('/in/d'), { replace: false }, {});
          await suite.backend.rename(at('/in/d'), at('/in/link'), { replace: false }, {});
          await suite.backend.rename(at('/in/kept'), at('/in/d'), { replace: false }, {});
        }
      };
      const swapped = swap();
      const seen = new Set<string>();
      try {
        for (let turn = 0; turn < 300; turn++) {
          const found = await resolve('/in/d/f', 'follow').catch((error: { code?: string }) => ({
            path: String(error.code),
          }));
          seen.add(found.path);
        }
      } finally {
        state.swapping = false;
        await swapped;
      }
      expect([...seen].filter((path) => !['/in/d/f', '/other/f', 'ENOENT'].includes(path))).to.deep.equal([]);
    });
  });
}
