import { expect } from 'chai';
import { clockMoves, expectBytes, expectSince, outcomeOf, pattern, refused } from './expectations.ts';
import { at, bytesOf, textOf, type Suite } from './suite.ts';

const CHUNK = 131_072;

export function xattrs(suite: Suite): void {
  if (!suite.can.xattrs) return;
  type Mode = 'set' | 'create' | 'replace';
  const set = (path: string, name: string, value: string | Uint8Array, mode: Mode = 'set', ctx = {}) =>
    suite.backend.setxattr(at(path), name, bytesOf(value), mode, ctx);
  const get = (path: string, name: string) => suite.backend.getxattr(at(path), name, {});
  const list = (path: string) => suite.backend.listxattr(at(path), {});
  const remove = (path: string, name: string) => suite.backend.removexattr(at(path), name, {});
  const text = async (path: string, name: string) => textOf(await get(path, name));

  describe('extended attributes', () => {
    for (const [what, path] of [
      ['a file', '/f'],
      ['a directory', '/d'],
      ['the root', '/'],
    ] as const) {
      it(`of ${what} are set, read, listed and removed`, async () => {
        await suite.put('/f', 'content');
        await suite.mkdir('/d');
        expect(await list(path)).to.deep.equal([]);
        await set(path, 'user.b', 'two');
        await set(path, 'user.a', 'one');
        await set(path, 'user.empty', '');
        expect(await list(path)).to.deep.equal(['user.a', 'user.b', 'user.empty']);
        expect([await text(path, 'user.a'), await text(path, 'user.b')]).to.deep.equal(['one', 'two']);
        expect(await get(path, 'user.empty')).to.have.length(0);
        await remove(path, 'user.a');
        expect(await list(path)).to.deep.equal(['user.b', 'user.empty']);
        await refused(get(path, 'user.a'), 'ENODATA');
      });
    }

    it('create makes a new one alone, replace an old one, set either', async () => {
      await suite.put('/f', '');
      await refused(set('/f', 'user.a', 'x', 'replace'), 'ENODATA');
      await set('/f', 'user.a', 'created', 'create');
      await refused(set('/f', 'user.a', 'again', 'create'), 'EEXIST');
      expect(await text('/f', 'user.a')).to.equal('created');
      await set('/f', 'user.a', 'replaced', 'replace');
      await set('/f', 'user.a', 'set', 'set');
      expect(await text('/f', 'user.a')).to.equal('set');
      await remove('/f', 'user.a');
      await refused(remove('/f', 'user.a'), 'ENODATA');
    });

    it('values are bytes, which belong to the caller on both ways', async () => {
      await suite.put('/f', '');
      const value = pattern(1000);
      await set('/f', 'user.a', value);
      value.fill(0);
      const first = await get('/f', 'user.a');
      expectBytes(first, pattern(1000));
      first.fill(1);
      expectBytes(await get('/f', 'user.a'), pattern(1000));
    });

    it('names are bytes: kept as they are, one for all texts of the same bytes, listed in their order', async () => {
      await suite.put('/f', '');
      const names = ['user. ', 'user.A', 'user.a', 'user.a/b', 'user.é', 'user.😀', 'user.\udcff'];
      for (const name of names.toReversed()) await set('/f', name, name);
      expect(await list('/f')).to.deep.equal(names);
      await refused(set('/f', 'user.\udcc3\udca9', 'x', 'create'), 'EEXIST');
      expect(await text('/f', 'user.\udcc3\udca9')).to.equal('user.é');
    });

    it('a name has at most 255 bytes (ERANGE), is not empty, and holds no NUL (EINVAL)', async () => {
      await suite.put('/f', '');
      const longest = [`user.${'n'.repeat(250)}`, `user.${'é'.repeat(125)}`];
      for (const name of longest) await set('/f', name, name);
      expect(await list('/f')).to.deep.equal(longest);
      const bad = [
        [`user.${'n'.repeat(251)}`, 'ERANGE'],
        [`user.${'é'.repeat(125)}x`, 'ERANGE'],
        ['', 'ERANGE'],
        ['user.a\0b', 'EINVAL'],
        ['user.', 'EINVAL'],
        ['user.\ud800', 'EINVAL'],
      ] as const;
      for (const [name, code] of bad) {
        await refused(set('/f', name, 'x'), code);
        await refused(get('/f', name), code);
        await refused(remove('/f', name), code);
      }
      expect(await list('/f')).to.deep.equal(longest);
    });

    it('only the namespaces user, trusted and security are kept: access control lists would not be enforced', async () => {
      await suite.put('/f', '');
      for (const name of ['system.posix_acl_access', 'system.x', 'plain', 'userx', 'User.x', '.x']) {
        await refused(set('/f', name, 'x'), 'ENOTSUP');
        await refused(get('/f', name), 'ENOTSUP');
        await refused(remove('/f', name), 'ENOTSUP');
      }
      if (suite.bound) return;
      await set('/f', 'trusted.x', 'trusted');
      await set('/f', 'security.x', 'security');
      expect(await list('/f')).to.deep.equal(['security.x', 'trusted.x']);
      await refused(set('/f', 'trusted.', 'x'), 'EINVAL');
    });

    if (suite.bound) {
      it('those of trusted and security are for the superuser: others can neither set nor see the former', async () => {
        await suite.put('/f', '');
        for (const namespace of ['trusted', 'security']) {
          await refused(set('/f', `${namespace}.x`, 'x'), 'EPERM');
          await refused(get('/f', `${namespace}.x`), 'ENODATA');
          await refused(remove('/f', `${namespace}.x`), 'EPERM');
        }
      });
    }

    it('a value has at most 65,536 bytes: E2BIG', async () => {
      await suite.put('/f', '');
      await set('/f', 'user.a', pattern(65_536));
      expectBytes(await get('/f', 'user.a'), pattern(65_536));
      await refused(set('/f', 'user.a', new Uint8Array(65_537)), 'E2BIG');
      expectBytes(await get('/f', 'user.a'), pattern(65_536));
    });

    it('names of one file have at most 65,536 bytes with a NUL after each, names and values 1 MiB: ENOSPC', async () => {
      await suite.put('/f', '');
      await suite.put('/g', '');
      const long = (index: number): string => `user.${String(index).padStart(250, 'n')}`;
      for (let index = 0; index < 256; index++) await set('/f', long(index), '');
      await refused(set('/f', 'user.a', ''), 'ENOSPC');
      await set('/f', long(0), 'not a new name');
      expect(await list('/f')).to.have.length(256);
      const name = (index: number): string => `user.${String.fromCharCode(97 + index)}`;
      for (let index = 0; index < 15; index++) await set('/g', name(index), new Uint8Array(65_536));
      await set('/g', name(15), new Uint8Array(65_536 - 16 * 6));
      await refused(set('/g', name(15), new Uint8Array(65_536 - 16 * 6 + 1)), 'ENOSPC');
      await refused(set('/g', name(16), ''), 'ENOSPC');
      await set('/g', name(15), '');
    });

    it('what is missing is ENOENT, below a file ENOTDIR, each before the other arguments', async () => {
      await suite.put('/f', '');
      for (const [path, code] of [
        ['/missing', 'ENOENT'],
        ['/f/x', 'ENOTDIR'],
      ] as const) {
        await refused(set(path, 'user.a', 'x'), code);
        await refused(get(path, ''), code);
        await refused(list(path), code);
        await refused(remove(path, 'system.x'), code);
      }
    });

    it('they follow the inode through renames and hard links, and go with it', async () => {
      await suite.put('/f', 'content');
      await set('/f', 'user.a', 'one');
      await suite.backend.rename(at('/f'), at('/g'), { replace: false }, {});
      expect(await text('/g', 'user.a')).to.equal('one');
      if (suite.can.hardLinks) {
        await suite.backend.link(at('/g'), at('/h'), {});
        await set('/h', 'user.b', 'two');
        expect(await list('/g')).to.deep.equal(['user.a', 'user.b']);
        await suite.backend.unlink(at('/h'), {});
        expect(await list('/g')).to.deep.equal(['user.a', 'user.b']);
      }
      await suite.put('/new', 'new');
      await suite.backend.rename(at('/new'), at('/g'), { replace: true }, {});
      expect(await list('/g')).to.deep.equal([]);
      await suite.expectUsage({ used: 3, inodes: 1 });
    });

    it('a new file, directory or symlink by the old name has none', async () => {
      await suite.put('/f', 'content');
      await suite.mkdir('/d');
      for (const path of ['/f', '/d']) await set(path, 'user.a', 'x');
      await suite.backend.unlink(at('/f'), {});
      await suite.backend.rmdir(at('/d'), {});
      await suite.expectUsage({ used: 0, inodes: 0 });
      await suite.put('/d', '');
      await suite.mkdir('/f');
      for (const path of ['/f', '/d']) expect(await list(path)).to.deep.equal([]);
    });

    it('content and attributes leave them', async () => {
      await suite.put('/f', pattern(5 * CHUNK));
      await set('/f', 'user.a', 'kept');
      const ids = suite.settable({ uid: 5 });
      await suite.backend.setstat(at('/f'), { mode: 0o600, size: CHUNK + 1, ...ids }, {});
      await suite.put('/f', 'written again');
      expect(await text('/f', 'user.a')).to.equal('kept');
      await suite.expectUsage({ used: 13 + 'user.a'.length + 4 });
    });

    it('setting and removing one moves ctime and nothing else, reading nothing', async () => {
      await suite.put('/f', 'content');
      for (const change of [
        () => set('/f', 'user.a', 'x'),
        () => set('/f', 'user.a', 'x'),
        () => remove('/f', 'user.a'),
      ]) {
        const { ctime: _old, used: _less, ...before } = await suite.stat('/f');
        await clockMoves();
        const begun = Date.now();
        await change();
        const { ctime, used: _more, ...after } = await suite.stat('/f');
        expect(after).to.deep.equal(before);
        expectSince(ctime, begun);
      }
      await set('/f', 'user.a', 'x');
      const before = await suite.stat('/f');
      await clockMoves();
      await get('/f', 'user.a');
      await list('/f');
      await outcomeOf(set('/f', 'user.a', 'x', 'create'));
      expect(await suite.stat('/f')).to.deep.equal(before);
    });

    it('through a handle that is open the same times and sizes are seen', async () => {
      await suite.put('/f', 'content');
      const handle = await suite.open('/f');
      await suite.write(handle, 'end', ' and more');
      await set('/f', 'user.a', 'x');
      expect(await suite.backend.fstat(handle, {})).to.deep.equal(await suite.stat('/f'));
      expect(await suite.text('/f')).to.equal('content and more');
    });

    if (suite.can.limits) {
      it('names and values count as bytes stored, of the file and of the storage', async () => {
        await suite.put('/f', 'content');
        await suite.mkdir('/d');
        await set('/f', 'user.é', pattern(100));
        await set('/d', 'user.a', pattern(50));
        expect((await suite.stat('/f')).used).to.equal(7 + 7 + 100);
        expect((await suite.stat('/d')).used).to.equal(6 + 50);
        await suite.expectUsage({ used: 170, inodes: 2 });
        await set('/f', 'user.é', pattern(10));
        await suite.expectUsage({ used: 80 });
        await remove('/d', 'user.a');
        await suite.expectUsage({ used: 24 });
      });

      it('the limit on bytes is exact for them: EDQUOT, and what does not grow is always allowed', async () => {
        const ctx = { limits: { bytes: 20 } };
        await suite.put('/f', 'content', ctx);
        await set('/f', 'user.a', 'sevenn7', 'set', ctx);
        await refused(set('/f', 'user.a', 'eightt88', 'set', ctx), 'EDQUOT');
        await refused(set('/f', 'user.b', '', 'set', ctx), 'EDQUOT');
        expect(await text('/f', 'user.a')).to.equal('sevenn7');
        await set('/f', 'user.a', '7777777', 'set', { limits: { bytes: 1 } });
        await set('/f', 'user.a', '', 'set', { limits: { bytes: 1 } });
        await refused(set('/f', 'user.a', 'x', 'set', { limits: { bytes: 1 } }), 'EDQUOT');
      });

      it('racing attributes never pass the limit by a byte', async () => {
        const ctx = { limits: { bytes: 1000 } };
        await suite.put('/f', '', ctx);
        const sets = Array.from({ length: 16 }, (_, index) =>
          outcomeOf(set('/f', `user.${index + 10}`, pattern(93), 'set', ctx)),
        );
        const outcomes = await Promise.all(sets);
        expect(outcomes.filter((outcome) => outcome === 'ok')).to.have.length(10);
        expect(outcomes.filter((outcome) => outcome === 'EDQUOT')).to.have.length(6);
        await suite.expectUsage({ used: 1000 });
      });

      it('those of a file that is unlinked while it is open count until its last close', async () => {
        await suite.put('/f', 'content');
        await set('/f', 'user.a', pattern(100));
        const handle = await suite.open('/f');
        await suite.backend.unlink(at('/f'), {});
        await suite.expectUsage({ used: 113, inodes: 1 });
        await suite.write(handle, 'end', 'x');
        await suite.close(handle);
        await suite.expectUsage({ used: 0, inodes: 0 });
      });

      it('a large file is cut and emptied to the byte beside them', async () => {
        await suite.put('/f', pattern(70 * CHUNK));
        await set('/f', 'user.a', pattern(100));
        await suite.backend.setstat(at('/f'), { size: 2 * CHUNK }, {});
        await suite.expectUsage({ used: 2 * CHUNK + 106 });
        await suite.backend.setstat(at('/f'), { size: 0 }, {});
        await suite.expectUsage({ used: 106 });
      });
    }

    if (suite.can.symlinks) {
      it('a symlink has its own, none of the namespace user: EPERM to set, ENODATA to read', async () => {
        await suite.put('/f', '');
        await set('/f', 'user.a', 'of the file');
        await suite.backend.symlink('f', at('/l'), {});
        await refused(set('/l', 'user.a', 'x'), 'EPERM');
        await refused(remove('/l', 'user.a'), 'EPERM');
        await refused(get('/l', 'user.a'), 'ENODATA');
        expect(await list('/l')).to.deep.equal([]);
        if (suite.bound) return;
        await set('/l', 'trusted.a', 'of the link');
        expect(await text('/l', 'trusted.a')).to.equal('of the link');
        expect(await list('/f')).to.deep.equal(['user.a']);
        await suite.backend.unlink(at('/l'), {});
        await suite.expectUsage({ used: 'user.aof the file'.length });
      });

      if (suite.resolving) {
        it('where the context says so, they are those of what the symlink leads to', async () => {
          await suite.put('/f', '');
          await suite.backend.symlink('f', at('/l'), {});
          await set('/l', 'user.a', 'of the file', 'set', { follow: true });
          expect(textOf(await suite.backend.getxattr(at('/l'), 'user.a', { follow: true }))).to.equal(
            'of the file',
          );
          expect(await suite.backend.listxattr(at('/l'), { follow: true })).to.deep.equal(['user.a']);
          expect(await list('/f')).to.deep.equal(['user.a']);
          await suite.backend.removexattr(at('/l'), 'user.a', { follow: true });
          expect(await list('/f')).to.deep.equal([]);
        });
      }
    }

    if (suite.can.persistent) {
      it('they are there after closing and opening again, with what they count', async () => {
        await suite.put('/f', 'content');
        await suite.mkdir('/d');
        await set('/f', 'user.a', pattern(50_000));
        await set('/d', 'user.b', '');
        await set('/', 'user.r', 'root');
        await suite.put('/gone', '');
        await set('/gone', 'user.c', 'x');
        await suite.open('/gone');
        await suite.backend.unlink(at('/gone'), {});
        await suite.reopen();
        expectBytes(await get('/f', 'user.a'), pattern(50_000));
        expect(await list('/d')).to.deep.equal(['user.b']);
        await suite.expectUsage({ used: 7 + 50_006 + 6 + 10, inodes: 2 });
      });
    }
  });
}
