import { expect } from 'chai';
import type { CallContext, Limits } from '../../vfs/backend.ts';
import { expectBytes, pattern, refused } from './expectations.ts';
import { at, type Suite } from './suite.ts';

const CHUNK = 131_072;
const within = (limits: Limits): CallContext => ({ limits });

export function limits(suite: Suite): void {
  if (!suite.can.limits) return;
  const remove = (path: string, ctx: CallContext = {}): Promise<void> => suite.backend.unlink(at(path), ctx);
  const makeDirectory = (path: string, ctx: CallContext): Promise<void> =>
    suite.backend.mkdir(at(path), 0o755, ctx);

  describe('the limit on bytes', () => {
    it('is reached to the byte and not passed by one', async () => {
      const ctx = within({ bytes: 1000 });
      await suite.put('/a', pattern(600), ctx);
      const handle = await suite.open('/b', { create: 'exclusive' }, ctx);
      await suite.write(handle, 0, pattern(400), ctx);
      await refused(suite.write(handle, 'end', 'x', ctx), 'EDQUOT');
      await refused(suite.write(handle, 399, 'xy', ctx), 'EDQUOT');
      expectBytes(await suite.get('/b'), pattern(400));
      expect((await suite.usage()).used).to.equal(1000);
    });

    it('says what is used, of how much', async () => {
      const ctx = within({ bytes: 10 * 1024 });
      await suite.put('/a', pattern(10 * 1024), ctx);
      const error = await refused(suite.put('/b', 'x', ctx), 'EDQUOT');
      expect(error.detail).to.equal('quota exceeded: 10 KiB used of 10 KiB');
    });

    it('refuses a write whole: content, size and times stay', async () => {
      const ctx = within({ bytes: 1000 });
      await suite.put('/a', pattern(900), ctx);
      const before = await suite.stat('/a');
      const handle = await suite.open('/a');
      await refused(suite.write(handle, 500, pattern(5 * CHUNK), ctx), 'EDQUOT');
      expect(await suite.stat('/a')).to.deep.equal(before);
      expectBytes(await suite.get('/a'), pattern(900));
    });

    it('lets overwriting, cutting and holes pass when it is reached', async () => {
      const ctx = within({ bytes: 1000 });
      await suite.put('/a', pattern(1000), ctx);
      const handle = await suite.open('/a', {}, ctx);
      await suite.write(handle, 0, pattern(1000, 2), ctx);
      await suite.backend.fsetstat(handle, { size: 2 ** 30 }, ctx);
      expect(await suite.usage()).to.include({ used: 1000 });
      await refused(suite.write(handle, 2 ** 20, 'x', ctx), 'EDQUOT');
      await suite.backend.fsetstat(handle, { size: 999 }, ctx);
      await suite.write(handle, 'end', 'x', ctx);
      await refused(suite.write(handle, 'end', 'x', ctx), 'EDQUOT');
    });

    it('truncate at open and a smaller overwrite give back at once', async () => {
      const ctx = within({ bytes: 1000 });
      await suite.put('/a', pattern(1000), ctx);
      await suite.put('/a', pattern(100), ctx);
      await suite.put('/b', pattern(900), ctx);
      await refused(suite.put('/c', 'x', ctx), 'EDQUOT');
    });

    it('counts an unlinked file until its last handle is closed', async () => {
      const ctx = within({ bytes: 1000 });
      await suite.put('/a', pattern(1000), ctx);
      const handle = await suite.open('/a');
      await remove('/a');
      await refused(suite.put('/b', 'x', ctx), 'EDQUOT');
      await suite.close(handle);
      await suite.put('/b', pattern(1000), ctx);
    });

    it('counts what rename replaces until it is gone', async () => {
      const ctx = within({ bytes: 1000 });
      await suite.put('/a', pattern(500), ctx);
      await suite.put('/b', pattern(500), ctx);
      await suite.backend.rename(at('/a'), at('/b'), { replace: true }, ctx);
      await suite.put('/c', pattern(500), ctx);
      await refused(suite.put('/d', 'x', ctx), 'EDQUOT');
    });

    it('holds for copies inside the store, which leave the target as it was', async () => {
      const ctx = within({ bytes: 1000 });
      await suite.put('/a', pattern(600), ctx);
      await suite.put('/b', 'before', ctx);
      const [from, to] = [await suite.open('/a'), await suite.open('/b')];
      await refused(suite.backend.copyRange(from, 0, 600, to, 0, ctx), 'EDQUOT');
      expect(await suite.text('/b')).to.equal('before');
      expect(await suite.backend.copyRange(from, 0, 400, to, 0, ctx)).to.equal(400);
      expect((await suite.usage()).used).to.equal(1000);
    });

    it('below what is used, reads and removals work and growth is refused', async () => {
      await suite.put('/a', pattern(1000));
      await suite.put('/b', pattern(1000));
      const ctx = within({ bytes: 500, inodes: 1 });
      const handle = await suite.open('/a', {}, ctx);
      expectBytes(await suite.read(handle), pattern(1000));
      await suite.write(handle, 0, pattern(1000, 3), ctx);
      await refused(suite.write(handle, 'end', 'x', ctx), 'EDQUOT');
      await refused(makeDirectory('/d', ctx), 'EDQUOT');
      await suite.backend.rename(at('/b'), at('/c'), { replace: false }, ctx);
      await suite.backend.setstat(at('/a'), { size: 10 }, ctx);
      await remove('/c', ctx);
      await suite.write(handle, 'end', pattern(490), ctx);
      await refused(suite.write(handle, 'end', 'x', ctx), 'EDQUOT');
    });

    it('a limit of nothing refuses the first byte, not an empty file', async () => {
      const ctx = within({ bytes: 0 });
      const handle = await suite.open('/a', { create: 'exclusive' }, ctx);
      await suite.write(handle, 0, '', ctx);
      await refused(suite.write(handle, 0, 'x', ctx), 'EDQUOT');
    });

    it('binds only the calls that carry it', async () => {
      await refused(suite.put('/a', pattern(100), within({ bytes: 50 })), 'EDQUOT');
      await suite.put('/a', pattern(100), within({ bytes: 100 }));
      await suite.put('/b', pattern(100));
    });

    it('counts chunks, not sizes: a byte far out costs its place in its chunk', async () => {
      const ctx = within({ bytes: 100 });
      const handle = await suite.open('/a', { create: 'exclusive' }, ctx);
      await refused(suite.write(handle, 2 ** 40 + 100, 'x', ctx), 'EDQUOT');
      await suite.write(handle, 2 ** 40 + 99, 'x', ctx);
      expect(await suite.stat('/a')).to.include({ size: 2 ** 40 + 100, used: 100 });
    });
  });

  describe('the limit on inodes', () => {
    it('counts files, directories and symlinks, and not the root', async () => {
      const ctx = within({ inodes: 3 });
      await suite.put('/f', 'x', ctx);
      await makeDirectory('/d', ctx);
      if (suite.can.symlinks) await suite.backend.symlink('x', at('/d/l'), ctx);
      else await suite.put('/d/l', '', ctx);
      const error = await refused(suite.open('/g', { create: 'exclusive' }, ctx), 'EDQUOT');
      expect(error.detail).to.equal('quota exceeded: 3 of 3 files used');
      await refused(makeDirectory('/e', ctx), 'EDQUOT');
      if (suite.can.symlinks) await refused(suite.backend.symlink('x', at('/m'), ctx), 'EDQUOT');
      expect(await suite.names('/')).to.deep.equal(['d', 'f']);
    });

    it('lets existing names be opened, replaced and linked when it is reached', async () => {
      const ctx = within({ inodes: 2 });
      await suite.put('/a', 'a', ctx);
      await suite.put('/b', 'b', ctx);
      await suite.put('/a', 'again', ctx);
      if (suite.can.hardLinks) await suite.backend.link(at('/a'), at('/c'), ctx);
      await suite.backend.rename(at('/b'), at('/a'), { replace: true }, ctx);
      expect((await suite.usage()).inodes).to.equal(suite.can.hardLinks ? 2 : 1);
    });

    it('counts an unlinked file until its last handle is closed', async () => {
      const ctx = within({ inodes: 1 });
      const handle = await suite.open('/a', { create: 'exclusive' }, ctx);
      await remove('/a');
      await refused(makeDirectory('/d', ctx), 'EDQUOT');
      await suite.close(handle);
      await makeDirectory('/d', ctx);
    });

    it('tells what exists before it tells of the limit', async () => {
      const ctx = within({ inodes: 1 });
      await suite.put('/a', '', ctx);
      await refused(makeDirectory('/a', ctx), 'EEXIST');
      await refused(makeDirectory('/missing/d', ctx), 'ENOENT');
    });
  });

  describe("the limit on a file's size", () => {
    it('refuses what would end past it, with nothing changed', async () => {
      const ctx = within({ fileSize: 100 });
      const handle = await suite.open('/a', { create: 'exclusive' }, ctx);
      await suite.write(handle, 0, pattern(100), ctx);
      await refused(suite.write(handle, 'end', 'x', ctx), 'EFBIG');
      await refused(suite.write(handle, 99, 'xy', ctx), 'EFBIG');
      await refused(suite.write(handle, 1000, 'x', ctx), 'EFBIG');
      await refused(suite.backend.setstat(at('/a'), { size: 101 }, ctx), 'EFBIG');
      await refused(suite.backend.fsetstat(handle, { size: 101 }, ctx), 'EFBIG');
      expectBytes(await suite.get('/a'), pattern(100));
    });

    it('lets a file that is larger already be cut', async () => {
      await suite.put('/a', pattern(1000));
      const ctx = within({ fileSize: 100 });
      await suite.backend.setstat(at('/a'), { size: 500 }, ctx);
      await refused(suite.backend.setstat(at('/a'), { size: 501 }, ctx), 'EFBIG');
      expect((await suite.stat('/a')).size).to.equal(500);
    });
  });
}
