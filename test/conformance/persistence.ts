import { expect } from 'chai';
import type { Stats } from '../../vfs/stats.ts';
import { expectBytes, pattern, refused } from './expectations.ts';
import { at, bytesOf, textOf, type Suite } from './suite.ts';

const CHUNK = 131_072;

export function persistence(suite: Suite): void {
  if (!suite.can.persistent) return;

  async function tree(path = ''): Promise<Record<string, Stats>> {
    const all: Record<string, Stats> = {};
    for (const { name, stats } of await suite.entries(path === '' ? '/' : path)) {
      all[`${path}/${name}`] = suite.steady(stats);
      if (stats.type === 'directory') Object.assign(all, await tree(`${path}/${name}`));
    }
    return all;
  }

  describe('after closing and opening again', () => {
    it('everything is there: content, holes, links, attributes, times, numbers', async () => {
      await suite.mkdir('/a', '/a/b', '/empty');
      await suite.put('/a/b/large', pattern(3 * CHUNK + 12_345));
      await suite.put('/a/small', 'small');
      const handle = await suite.open('/sparse', { create: 'exclusive' });
      await suite.write(handle, 2 ** 40, 'far out');
      await suite.close(handle);
      if (suite.can.hardLinks) await suite.backend.link(at('/a/small'), at('/second'), {});
      if (suite.can.symlinks) await suite.backend.symlink('../\udcff/ä', at('/a/link'), {});
      await suite.put('/\udcff\n😀', 'odd name');
      const mtime = { seconds: -5, nanoseconds: suite.can.nanoseconds ? 123_456_789 : 123_000_000 };
      await suite.backend.setstat(
        at('/a'),
        { mode: 0o1750, ...suite.settable({ uid: 12, gid: 34 }), mtime },
        {},
      );
      await suite.backend.setstat(at('/'), { mode: 0o711, ...suite.settable({ uid: 10_000 }) }, {});
      const [before, root] = [await tree(), await suite.stat('/')];
      const usage = suite.can.limits ? await suite.usage() : {};
      await suite.reopen();
      expect(await tree()).to.deep.equal(before);
      expect(suite.steady(await suite.stat('/'))).to.deep.equal(suite.steady(root));
      await suite.expectUsage(usage);
      expectBytes(await suite.get('/a/b/large'), pattern(3 * CHUNK + 12_345));
      expect(await suite.text('/\udcff\n😀')).to.equal('odd name');
      if (suite.can.hardLinks) expect(await suite.text('/second')).to.equal('small');
      if (suite.can.symlinks) expect(await suite.backend.readlink(at('/a/link'), {})).to.equal('../\udcff/ä');
      const sparse = await suite.open('/sparse');
      expect(textOf(await suite.read(sparse, 2 ** 40, 100))).to.equal('far out');
    });

    it('what was acknowledged without a close is there too', async () => {
      const handle = await suite.open('/f', { create: 'exclusive' });
      await suite.write(handle, 0, pattern(CHUNK + 10));
      await suite.write(handle, 5, 'later');
      const wanted = pattern(CHUNK + 10);
      wanted.set(bytesOf('later'), 5);
      await suite.reopen();
      expectBytes(await suite.get('/f'), wanted);
      await refused(suite.backend.fstat(handle, {}), 'EBADF');
    });

    it('a file that was unlinked while it was open is gone, with its space', async () => {
      await suite.put('/kept', 'kept');
      const handle = await suite.open('/f', { create: 'exclusive' });
      await suite.write(handle, 0, pattern(CHUNK * 3));
      await suite.backend.unlink(at('/f'), {});
      const { inode } = await suite.backend.fstat(handle, {});
      await suite.reopen();
      await suite.expectUsage({ used: 4, inodes: 1 });
      if (suite.can.inodes) await refused(suite.backend.statInode(inode, {}), 'ESTALE');
    });

    it('numbers of removed files and directories are not used again', async () => {
      if (!suite.can.inodes) return;
      const seen = new Set<number>();
      for (let turn = 0; turn < 5; turn++) {
        await suite.put('/f', 'x');
        await suite.mkdir('/d');
        for (const path of ['/f', '/d']) {
          const { inode } = await suite.stat(path);
          expect(seen.has(inode)).to.equal(false);
          seen.add(inode);
        }
        await suite.backend.unlink(at('/f'), {});
        await suite.backend.rmdir(at('/d'), {});
        await suite.reopen();
      }
    });

    it('cuts and overwrites are kept as they were', async () => {
      await suite.put('/f', pattern(3 * CHUNK));
      await suite.backend.setstat(at('/f'), { size: CHUNK + 7 }, {});
      await suite.reopen();
      expectBytes(await suite.get('/f'), pattern(3 * CHUNK).subarray(0, CHUNK + 7));
      await suite.backend.setstat(at('/f'), { size: 2 * CHUNK }, {});
      await suite.reopen();
      const wanted = new Uint8Array(2 * CHUNK);
      wanted.set(pattern(3 * CHUNK).subarray(0, CHUNK + 7));
      expectBytes(await suite.get('/f'), wanted);
      if (suite.can.limits) expect((await suite.stat('/f')).used).to.equal(CHUNK + 7);
    });
  });
}
