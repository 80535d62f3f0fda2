import { expect } from 'chai';
import type { Handle, VfsBackend } from '../../../vfs/backend.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { override, stack, withCapabilities } from '../../../vfs/layer.ts';
import { overlay } from '../../../vfs/middleware/overlay.ts';
import { readOnly } from '../../../vfs/middleware/read-only.ts';
import type { Stats } from '../../../vfs/stats.ts';
import { pattern, refused } from '../../conformance/expectations.ts';
import { at } from '../../conformance/suite.ts';
import { mkdirs, names, open, put, text } from './steps.ts';

/** The name that an overlay keeps for itself in the upper store. */
const RESERVED = '/.anyfs-overlay';

async function setUp(): Promise<{ upper: VfsBackend; lower: VfsBackend; storage: VfsBackend }> {
  const upper = new MemoryBackend();
  const lower = new MemoryBackend();
  await mkdirs(lower, '/d', '/d/sub');
  await put(lower, '/f', 'lower');
  await put(lower, '/d/g', 'deep');
  return { upper, lower, storage: await overlay(upper, stack(lower, readOnly())) };
}

const write = (storage: VfsBackend, handle: Handle, content: string): Promise<void> =>
  storage.write(handle, 0, new TextEncoder().encode(content), {});
const read = async (storage: VfsBackend, handle: Handle): Promise<string> =>
  new TextDecoder().decode(await storage.read(handle, 0, 1000, {}));
const stat = (storage: VfsBackend, path: string): Promise<Stats> => storage.lstat(at(path), {});

describe('overlay', () => {
  it('reads from the lower store and changes the upper one', async () => {
    const { lower, storage } = await setUp();
    await put(storage, '/d/g', 'changed');
    expect(await text(storage, '/d/g')).to.equal('changed');
    expect(await text(lower, '/d/g')).to.equal('deep');
    expect(await names(storage, '/d')).to.deep.equal(['g', 'sub']);
  });

  it('a file keeps its number when it is copied up, and no two have the same', async () => {
    const { storage } = await setUp();
    const before = [await stat(storage, '/f'), await stat(storage, '/d'), await stat(storage, '/d/g')];
    await put(storage, '/f', 'changed');
    await storage.rename(at('/d'), at('/e'), { replace: false }, {});
    await storage.setstat(at('/e/g'), { mode: 0 }, {});
    await put(storage, '/new', '');
    const after = [await stat(storage, '/f'), await stat(storage, '/e'), await stat(storage, '/e/g')];
    expect(after.map(({ inode }) => inode)).to.deep.equal(before.map(({ inode }) => inode));
    const numbers = [...after, await stat(storage, '/new'), await stat(storage, '/')].map(
      ({ inode }) => inode,
    );
    expect(new Set(numbers).size).to.equal(5);
  });

  it('a handle from before sees what is written later through another', async () => {
    const { storage } = await setUp();
    const reader = await open(storage, '/f', { access: 'r' });
    const writer = await open(storage, '/f', { access: 'rw' });
    expect(await read(storage, reader)).to.equal('lower');
    await write(storage, writer, 'upper');
    expect(await read(storage, reader)).to.equal('upper');
    await storage.unlink(at('/f'), {});
    await write(storage, writer, 'still');
    expect(await read(storage, reader)).to.equal('still');
    expect((await storage.fstat(reader, {})).nlink).to.equal(0);
  });

  it('names of one file of the lower store stay names of one file', async () => {
    const { lower, storage } = await setUp();
    await lower.link(at('/f'), at('/d/second'), {});
    await put(storage, '/f', 'both');
    expect(await text(storage, '/d/second')).to.equal('both');
    await storage.unlink(at('/f'), {});
    expect(await stat(storage, '/d/second')).to.include({ nlink: 1, size: 4 });
    const { inode } = await stat(storage, '/d/second');
    expect(await storage.inodeToPath(inode, {})).to.equal('/d/second');
  });

  it('renaming a large directory copies nothing of what is in it', async () => {
    const { upper, lower, storage } = await setUp();
    for (let index = 0; index < 100; index++) await put(lower, `/d/${index}`, 'content');
    await storage.rename(at('/d'), at('/moved'), { replace: false }, {});
    expect(await names(storage, '/moved')).to.have.length(102);
    await refused(stat(storage, '/d'), 'ENOENT');
    expect(await names(upper, '/moved')).to.deep.equal([]);
    await mkdirs(storage, '/d');
    expect(await names(storage, '/d')).to.deep.equal([]);
  });

  it('renaming a large file, or changing its mode, copies nothing of its content', async () => {
    const { lower, storage } = await setUp();
    const handle = await open(lower, '/large', { access: 'w', create: 'exclusive' });
    await lower.write(handle, 0, pattern(1_000_000), {});
    await storage.rename(at('/large'), at('/moved'), { replace: false }, {});
    await storage.setstat(at('/moved'), { mode: 0o600 }, {});
    const { bytesTotal, bytesFree } = await storage.statfs({ limits: { bytes: 2 ** 30 } });
    expect(bytesTotal - bytesFree).to.equal(0);
    expect(await stat(storage, '/moved')).to.include({ size: 1_000_000, used: 1_000_000, mode: 0o600 });
  });

  it('what is removed and made again shows nothing of what was there', async () => {
    const { storage } = await setUp();
    await storage.unlink(at('/d/g'), {});
    await storage.rmdir(at('/d/sub'), {});
    await storage.rmdir(at('/d'), {});
    await mkdirs(storage, '/d');
    expect(await names(storage, '/d')).to.deep.equal([]);
    await storage.rmdir(at('/d'), {});
    expect(await names(storage, '/')).to.deep.equal(['f']);
  });

  it('lists a directory of which thousands are removed in pages', async () => {
    const { lower, storage } = await setUp();
    const all = Array.from({ length: 2000 }, (_, index) => `n${String(index).padStart(4, '0')}`);
    for (const name of all) await put(lower, `/d/sub/${name}`, '');
    for (const name of all.slice(0, 1900)) await storage.unlink(at(`/d/sub/${name}`), {});
    expect(await names(storage, '/d/sub', 7)).to.deep.equal(all.slice(1900));
  });

  describe('what it keeps for itself', () => {
    it('cannot be seen or named, and its name is free for the user', async () => {
      const { storage } = await setUp();
      await storage.unlink(at('/f'), {});
      await refused(stat(storage, RESERVED), 'ENOENT');
      for (const name of ['o', 'h', 'w', 'x', 'whiteout'])
        await refused(stat(storage, `${RESERVED}/${name}`), 'ENOENT');
      expect(await names(storage, '/')).to.deep.equal(['d']);
      const before = await stat(storage, '/');
      await mkdirs(storage, RESERVED, `${RESERVED}/o`);
      await put(storage, `${RESERVED}/whiteout`, 'mine');
      expect(await names(storage, '/')).to.deep.equal(['.anyfs-overlay', 'd']);
      expect(await names(storage, RESERVED, 1)).to.deep.equal(['o', 'whiteout']);
      expect((await stat(storage, '/')).nlink).to.equal(before.nlink + 1);
      await storage.rename(at(RESERVED), at('/elsewhere'), { replace: false }, {});
      expect(await names(storage, '/')).to.deep.equal(['d', 'elsewhere']);
      await refused(stat(storage, '/f'), 'ENOENT');
    });

    it('no number of an inode leads to it', async () => {
      const { upper, storage } = await setUp();
      await storage.unlink(at('/f'), {});
      for (let inode = 1; inode < 30; inode++) {
        const mine = await outcome(upper.inodeToPath(inode, {}));
        if (!mine?.startsWith(RESERVED)) continue;
        await refused(storage.statInode(2 ** 52 + inode, {}), 'ESTALE');
        await refused(storage.inodeToPath(2 ** 52 + inode, {}), 'ESTALE');
      }
    });

    it('a second name of a whiteout cannot be made: it is not there', async () => {
      const { storage } = await setUp();
      await storage.unlink(at('/f'), {});
      await refused(storage.link(at('/f'), at('/g'), {}), 'ENOENT');
      await refused(storage.rename(at('/f'), at('/g'), { replace: true }, {}), 'ENOENT');
    });

    it('is refused where somebody else could have put it there', async () => {
      const upper = new MemoryBackend();
      await upper.mkdir(at(RESERVED), 0o700, { owner: { uid: 10_000, gid: 10_000 } });
      await refused(overlay(upper, new MemoryBackend()), 'EEXIST');
    });

    it('is neither counted nor limited', async () => {
      const { storage } = await setUp();
      const limits = { inodes: 1 };
      await storage.unlink(at('/d/g'), { limits });
      await storage.rename(at('/f'), at('/d/f'), { replace: false }, { limits });
      await put(storage, '/one', '', { limits });
      await refused(storage.mkdir(at('/two'), 0o755, { limits }), 'EDQUOT');
    });
  });

  it('what is copied up counts against the limit on bytes, and a refusal leaves all as it was', async () => {
    const { storage } = await setUp();
    const limits = { bytes: 4 };
    const before = await stat(storage, '/f');
    const handle = await open(storage, '/f', { access: 'w' });
    await refused(storage.write(handle, 0, new Uint8Array(1), { limits }), 'EDQUOT');
    expect(await stat(storage, '/f')).to.deep.equal(before);
    expect(await text(storage, '/f')).to.equal('lower');
    expect((await storage.statfs({ limits })).bytesFree).to.equal(4);
  });

  it('others go on while a large file is copied, and read what is there', async () => {
    const lower = new MemoryBackend();
    await put(lower, '/f', 'x'.repeat(1000));
    let goOn = (): void => {};
    const waiting = new Promise<void>((resolve) => (goOn = resolve));
    const slow = override((next) => ({
      read: async (call) => {
        await waiting;
        return next(call);
      },
    }));
    const storage = await overlay(new MemoryBackend(), stack(lower, slow));
    const handle = await open(storage, '/f', { access: 'rw' });
    const writing = storage.write(handle, 0, new Uint8Array(1), {});
    await mkdirs(storage, '/meanwhile');
    const { mtime, size } = await stat(storage, '/f');
    expect({ mtime, size }).to.deep.equal({ mtime: (await stat(lower, '/f')).mtime, size: 1000 });
    goOn();
    await writing;
    expect((await text(storage, '/f')).charCodeAt(0)).to.equal(0);
  });

  it('needs an upper store that can do what it is made of', async () => {
    const poor = stack(
      new MemoryBackend(),
      withCapabilities(
        (next) => next,
        (below) => ({ ...below, hardLinks: false }),
      ),
    );
    const error = await refused(overlay(poor, new MemoryBackend()), 'ENOTSUP');
    expect(error.detail).to.contain('hardLinks');
  });

  it('disposes of the upper store and leaves the lower one open', async () => {
    const { upper, lower, storage } = await setUp();
    await open(storage, '/f', { access: 'r' });
    await storage.dispose();
    await refused(upper.statfs({}), 'EBADF');
    expect(await text(lower, '/f')).to.equal('lower');
  });

  it('overlays can be put on overlays', async () => {
    const { storage } = await setUp();
    await storage.unlink(at('/f'), {});
    const above = await overlay(new MemoryBackend(), storage);
    expect(await names(above, '/')).to.deep.equal(['d']);
    await above.rename(at('/d'), at('/e'), { replace: false }, {});
    expect(await names(above, '/e')).to.deep.equal(['g', 'sub']);
    expect(await names(storage, '/')).to.deep.equal(['d']);
  });
});

async function outcome(path: Promise<string>): Promise<string | undefined> {
  try {
    return await path;
  } catch {
    return undefined;
  }
}
