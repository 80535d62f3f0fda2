import { expect } from 'chai';
import type { Handle } from '../../vfs/backend.ts';
import { expectBytes, pattern, refused } from './expectations.ts';
import { at, bytesOf, textOf, type Suite } from './suite.ts';

const CHUNK = 131_072;

export function handles(suite: Suite): void {
  const rename = (from: string, to: string): Promise<void> =>
    suite.backend.rename(at(from), at(to), { replace: true }, {});

  async function opened(path: string, content: string): Promise<Handle> {
    await suite.put(path, content);
    return suite.open(path);
  }

  /** The whole of what a handle can do, on a file that holds `before`. */
  async function stillWorks(handle: Handle, before: string): Promise<void> {
    expect(textOf(await suite.read(handle))).to.equal(before);
    await suite.write(handle, 'end', ' and more');
    await suite.backend.fsync(handle, {});
    expect(textOf(await suite.read(handle))).to.equal(`${before} and more`);
    await suite.backend.fsetstat(handle, { size: before.length, mode: 0o600 }, {});
    expect(await suite.backend.fstat(handle, {})).to.include({ size: before.length, mode: 0o600 });
  }

  describe('handles', () => {
    it('goes on after its name is unlinked; space and inode are freed at the last close', async () => {
      const one = await opened('/f', 'content');
      const two = await suite.open('/f');
      await suite.backend.unlink(at('/f'), {});
      expect(await suite.names('/')).to.deep.equal([]);
      await stillWorks(one, 'content');
      expect(await suite.backend.fstat(one, {})).to.include({ nlink: 0 });
      await suite.expectUsage({ used: 7, inodes: 1 });
      await suite.close(one);
      expect(textOf(await suite.read(two))).to.equal('content');
      await suite.expectUsage({ used: 7, inodes: 1 });
      await suite.close(two);
      await suite.expectUsage({ used: 0, inodes: 0 });
    });

    it('a new file by the old name is another one', async () => {
      const old = await opened('/f', 'old');
      await suite.backend.unlink(at('/f'), {});
      const fresh = await opened('/f', 'new');
      await suite.write(old, 0, 'OLD');
      expect(await suite.text('/f')).to.equal('new');
      expect((await suite.backend.fstat(fresh, {})).inode).not.to.equal(
        (await suite.backend.fstat(old, {})).inode,
      );
    });

    it('goes on after its name, or a directory above it, is renamed', async () => {
      await suite.mkdir('/d');
      const handle = await opened('/d/f', 'content');
      await rename('/d/f', '/d/g');
      await stillWorks(handle, 'content');
      await rename('/d', '/e');
      await stillWorks(handle, 'content');
      expect(await suite.text('/e/g')).to.equal('content');
    });

    it('goes on after another file takes its name', async () => {
      const replaced = await opened('/f', 'replaced');
      const replacing = await opened('/g', 'replacing');
      await rename('/g', '/f');
      await stillWorks(replaced, 'replaced');
      await stillWorks(replacing, 'replacing');
      expect(await suite.text('/f')).to.equal('replacing');
      await suite.expectUsage({ used: 17, inodes: 2 });
      await suite.close(replaced);
      await suite.expectUsage({ used: 9, inodes: 1 });
    });

    it('large content outlives its name too', async () => {
      const bytes = pattern(1_000_000);
      await suite.put('/f', bytes);
      const handle = await suite.open('/f');
      await suite.backend.unlink(at('/f'), {});
      expectBytes(await suite.read(handle, 0, bytes.length), bytes);
      await suite.write(handle, 2_000_000, pattern(1000));
      expectBytes(await suite.read(handle, 0, bytes.length), bytes);
      expectBytes(await suite.read(handle, 2_000_000, 1000), pattern(1000));
    });

    it('an unlinked file can be cut and grown as any other, and leaves nothing behind', async () => {
      const bytes = pattern(70 * CHUNK);
      await suite.put('/f', bytes);
      const handle = await suite.open('/f');
      await suite.backend.unlink(at('/f'), {});
      await suite.backend.fsetstat(handle, { size: CHUNK + 1 }, {});
      expectBytes(await suite.read(handle, 0, 2 * CHUNK), bytes.subarray(0, CHUNK + 1));
      await suite.expectUsage({ used: CHUNK + 1, inodes: 1 });
      await suite.backend.fsetstat(handle, { size: 0 }, {});
      await suite.write(handle, 3 * CHUNK, 'again');
      await suite.backend.fsync(handle, {});
      expect(textOf(await suite.read(handle, 3 * CHUNK, 100))).to.equal('again');
      await suite.expectUsage({ used: 5, inodes: 1 });
      await suite.close(handle);
      await suite.expectUsage({ used: 0, inodes: 0 });
    });

    it('an unlinked file that is still open when the storage is closed leaves nothing behind', async () => {
      await suite.put('/f', pattern(70 * CHUNK));
      const handle = await suite.open('/f');
      await suite.backend.unlink(at('/f'), {});
      await suite.backend.fsetstat(handle, { size: 0 }, {});
      await suite.write(handle, 0, pattern(2 * CHUNK));
      await suite.backend.fsync(handle, {});
      expectBytes(await suite.read(handle, 0, 3 * CHUNK), pattern(2 * CHUNK));
    });

    it('a large file cut to nothing while it is open takes new content at once', async () => {
      await suite.put('/f', pattern(70 * CHUNK));
      const handle = await suite.open('/f');
      await suite.backend.fsetstat(handle, { size: 0 }, {});
      await suite.write(handle, 5, 'new');
      await suite.backend.fsetstat(handle, { size: 69 * CHUNK }, {});
      expectBytes(await suite.read(handle, 0, 10), bytesOf('\0\0\0\0\0new\0\0'));
      expectBytes(await suite.read(handle, 68 * CHUNK, CHUNK), new Uint8Array(CHUNK));
      if (suite.can.limits) expect((await suite.stat('/f')).used).to.equal(8);
    });

    it('a removed directory still tells its attributes', async () => {
      await suite.mkdir('/d');
      const handle = await suite.open('/d', { access: 'r' });
      await suite.backend.rmdir(at('/d'), {});
      expect(await suite.backend.fstat(handle, {})).to.include({ type: 'directory', nlink: 0 });
      await suite.mkdir('/d');
      expect(await suite.names('/d')).to.deep.equal([]);
      await suite.expectUsage({ used: 0, inodes: 2 });
      await suite.close(handle);
      await suite.expectUsage({ used: 0, inodes: 1 });
    });

    it('truncate through one handle is seen by the others', async () => {
      const reader = await opened('/f', 'content');
      await suite.open('/f', { access: 'w', truncate: true });
      expect(await suite.read(reader)).to.have.length(0);
      expect((await suite.backend.fstat(reader, {})).size).to.equal(0);
    });

    it('closing one handle leaves the others', async () => {
      const one = await opened('/f', 'content');
      const two = await suite.open('/f');
      await suite.close(one);
      await stillWorks(two, 'content');
    });

    it('a closed or unknown handle is EBADF for everything', async () => {
      const closed = await opened('/f', 'content');
      const good = await suite.open('/f');
      await suite.close(closed);
      const { backend } = suite;
      for (const bad of [closed, 0, -1, 1.5, 2 ** 40, Number.NaN] as Handle[]) {
        await refused(backend.read(bad, 0, 1, {}), 'EBADF');
        await refused(backend.write(bad, 0, new Uint8Array(1), {}), 'EBADF');
        await refused(backend.write(bad, 'end', new Uint8Array(0), {}), 'EBADF');
        await refused(backend.copyRange(bad, 0, 1, good, 0, {}), 'EBADF');
        await refused(backend.copyRange(good, 0, 1, bad, 0, {}), 'EBADF');
        await refused(backend.fstat(bad, {}), 'EBADF');
        await refused(backend.fsetstat(bad, { mode: 0 }, {}), 'EBADF');
        await refused(backend.fsync(bad, {}), 'EBADF');
        await refused(backend.close(bad, {}), 'EBADF');
      }
      await stillWorks(good, 'content');
    });

    it('a handle is never given out again', async () => {
      const seen = new Set<Handle>();
      await suite.put('/f', '');
      for (let turn = 0; turn < 100; turn++) {
        const handle = await suite.open('/f');
        expect(seen.has(handle)).to.equal(false);
        seen.add(handle);
        await suite.close(handle);
      }
    });
  });
}
