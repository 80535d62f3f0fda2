import { createFsFromVolume, Volume } from 'memfs';
import { expect } from 'chai';
import type { VfsBackend } from '../../../vfs/backend.ts';
import { fromFsPromises } from '../../../vfs/backends/fs-adapter/index.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { copyTree, removeTree, walk } from '../../../vfs/extensions/index.ts';
import { override, stack } from '../../../vfs/layer.ts';
import { quota } from '../../../vfs/middleware/quota.ts';
import { resolvePaths } from '../../../vfs/middleware/resolve-paths.ts';
import { tracing } from '../../../vfs/middleware/tracing.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import { expectBytes, pattern, refused } from '../../conformance/expectations.ts';
import { hostStorage } from '../../support/host-storage.ts';
import { readWholeFile, writeWholeFile } from '../../support/whole-files.ts';

const at = (path: string): VfsPath => path as VfsPath;
const CHUNK = 131_072;

/** A tree with one of everything. */
async function plant(storage: VfsBackend): Promise<void> {
  const owner = { uid: 7, gid: 8 };
  await storage.mkdir(at('/tree'), 0o750, { owner });
  await storage.mkdir(at('/tree/empty'), 0o700, { owner });
  await storage.mkdir(at('/tree/locked'), 0o500, {});
  await writeWholeFile(storage, '/tree/locked/f', 'inside');
  await writeWholeFile(storage, '/tree/a', pattern(3 * CHUNK + 5));
  await storage.setstat(at('/tree/a'), { mode: 0o4711 }, {});
  await writeWholeFile(storage, '/tree/odd \udcff\n', '');
  await writeWholeFile(storage, '/tree/sparse', 'start');
  await storage.setstat(at('/tree/sparse'), { size: 20 * CHUNK }, {});
  if (storage.capabilities.hardLinks) await storage.link(at('/tree/a'), at('/tree/b'), {});
  if (storage.capabilities.symlinks) await storage.symlink('../nowhere', at('/tree/link'), { owner });
  for (const path of ['/tree/a', '/tree/locked', '/tree/empty', '/tree']) {
    const time = { seconds: 1_000_000 + path.length, nanoseconds: 123_000_000 };
    await storage.setstat(at(path), { atime: time, mtime: time }, {});
  }
}

/** What is kept of a tree, by path. */
async function look(storage: VfsBackend, path: string): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  const { mode, mtime } = await storage.lstat(at(path), {});
  found[''] = { mode, mtime };
  for await (const { path: below, stats } of walk(storage, at(path))) {
    const { type, mode, nlink, size, mtime } = stats;
    const names = type === 'file' ? nlink : undefined;
    const target = type === 'symlink' ? await storage.readlink(below, {}) : undefined;
    const time = below.endsWith('sparse') || size < 10 || type === 'symlink' ? undefined : mtime;
    found[below.slice(path.length)] = { type, mode, names, size, target, time };
  }
  return found;
}

const STORAGES: Readonly<
  Record<string, () => Promise<{ backend: VfsBackend; remove?: (() => Promise<void>) | undefined }>>
> = {
  memory: () => Promise.resolve({ backend: new MemoryBackend() }),
  'a folder of the host': () => hostStorage(),
};

describe('walk', () => {
  it('gives everything below, a directory before what it holds, in the order of names', async () => {
    const storage = new MemoryBackend();
    await plant(storage);
    const paths: string[] = [];
    for await (const { path, name } of walk(storage, at('/tree'))) {
      expect(path.endsWith(`/${name}`)).to.equal(true);
      paths.push(path);
    }
    expect(paths).to.deep.equal(
      ['a', 'b', 'empty', 'link', 'locked', 'locked/f', 'odd \udcff\n', 'sparse'].map(
        (name) => `/tree/${name}`,
      ),
    );
  });

  it('gives one level where that is asked for, more than a page of it', async () => {
    const storage = new MemoryBackend();
    for (let index = 0; index < 600; index++) await storage.mkdir(at(`/d${index}`), 0o755, {});
    await storage.mkdir(at('/d5/below'), 0o755, {});
    let count = 0;
    for await (const { path } of walk(storage, at('/'), { recursive: false })) {
      expect(path).to.match(/^\/d\d+$/);
      count++;
    }
    expect(count).to.equal(600);
  });

  it('gives a file by itself, and does not follow a symlink below', async () => {
    const storage = stack(new MemoryBackend(), resolvePaths());
    await storage.mkdir(at('/d'), 0o755, {});
    await writeWholeFile(storage, '/d/f', '');
    await storage.symlink('/d', at('/l'), {});
    const names = async (path: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const { path: one } of walk(storage, at(path))) found.push(one);
      return found;
    };
    expect(await names('/d/f')).to.deep.equal(['/d/f']);
    expect(await names('/')).to.deep.equal(['/d', '/d/f', '/l']);
    expect(await names('/l')).to.deep.equal(['/l/f']);
    await refused(names('/missing'), 'ENOENT');
  });
});

describe('removeTree', () => {
  it('removes a directory with all that is in it, a file, and a symlink itself', async () => {
    const storage = new MemoryBackend();
    await plant(storage);
    await storage.symlink('/tree', at('/l'), {});
    await removeTree(storage, at('/l'));
    await removeTree(storage, at('/tree/a'));
    expect((await storage.lstat(at('/tree'), {})).type).to.equal('directory');
    await removeTree(storage, at('/tree'));
    expect(await storage.readdir(at('/'), { limit: 1 }, {})).to.deep.equal([]);
    await refused(removeTree(storage, at('/tree')), 'ENOENT');
  });

  it('bears another that removes the same', async () => {
    const storage = new MemoryBackend();
    for (let index = 0; index < 50; index++) {
      await storage.mkdir(at(`/${index}`), 0o755, {});
      for (let file = 0; file < 20; file++) await writeWholeFile(storage, `/${index}/${file}`, '');
    }
    await storage.mkdir(at('/all'), 0o755, {});
    for (let index = 0; index < 50; index++)
      await storage.rename(at(`/${index}`), at(`/all/${index}`), { replace: false }, {});
    await Promise.all([1, 2, 3].map(() => removeTree(storage, at('/all'))));
    expect(await storage.readdir(at('/'), { limit: 1 }, {})).to.deep.equal([]);
  });
});

describe('copyTree', () => {
  for (const [from, open] of Object.entries(STORAGES)) {
    for (const [to, openOther] of Object.entries(STORAGES)) {
      it(`copies a tree of ${from} to ${to} with modes, times, links and holes`, async () => {
        const [source, target] = [await open(), await openOther()];
        await plant(source.backend);
        const counts = await copyTree(source.backend, at('/tree'), target.backend, at('/copy'));
        expect(counts).to.include({ files: 5, directories: 3, symlinks: 1, skipped: 0 });
        expect(await look(target.backend, '/copy')).to.deep.equal(await look(source.backend, '/tree'));
        expectBytes(await readWholeFile(target.backend, '/copy/a'), pattern(3 * CHUNK + 5));
        expect((await target.backend.lstat(at('/copy/sparse'), {})).used).to.be.below(2 * CHUNK);
        for (const { backend, remove } of [source, target]) {
          await backend.dispose();
          await remove?.();
        }
      });
    }
  }

  it('copies inside one storage without moving the content through us', async () => {
    const ops: string[] = [];
    const storage = stack(
      new MemoryBackend(),
      tracing(({ op }) => void ops.push(op)),
    );
    await plant(storage);
    ops.length = 0;
    const { bytes } = await copyTree(storage, at('/tree'), storage, at('/copy'));
    expect(bytes).to.equal(3 * CHUNK + 5 + 20 * CHUNK + 'inside'.length);
    expect(await look(storage, '/copy')).to.deep.equal(await look(storage, '/tree'));
    expect(ops).to.include('copyRange');
    expect(ops).not.to.include.oneOf(['read', 'write']);
  });

  it('copies a single file, and fills up directories that are there', async () => {
    const storage = new MemoryBackend();
    await plant(storage);
    await copyTree(storage, at('/tree/a'), storage, at('/one'));
    expectBytes(await readWholeFile(storage, '/one'), pattern(3 * CHUNK + 5));
    await storage.mkdir(at('/copy'), 0o755, {});
    await writeWholeFile(storage, '/copy/mine', 'mine');
    await writeWholeFile(storage, '/copy/a', 'replaced');
    await storage.symlink('elsewhere', at('/copy/empty'), {});
    await copyTree(storage, at('/tree'), storage, at('/copy'));
    expect(Buffer.from(await readWholeFile(storage, '/copy/mine')).toString()).to.equal('mine');
    expectBytes(await readWholeFile(storage, '/copy/a'), pattern(3 * CHUNK + 5));
    expect((await storage.lstat(at('/copy/empty'), {})).type).to.equal('directory');
  });

  it('keeps owners where that is asked for, and gives to the caller otherwise', async () => {
    const [source, target] = [new MemoryBackend(), new MemoryBackend()];
    await plant(source);
    const targetContext = { owner: { uid: 500, gid: 501 } };
    await copyTree(source, at('/tree'), target, at('/given'), { targetContext });
    await copyTree(source, at('/tree'), target, at('/kept'), { targetContext, owners: true });
    for (const name of ['', '/empty', '/link']) {
      expect(await target.lstat(at(`/given${name}`), {})).to.include({ uid: 500, gid: 501 });
      expect(await target.lstat(at(`/kept${name}`), {})).to.include({ uid: 7, gid: 8 });
    }
  });

  it('refuses to copy a directory into itself, and anything onto itself', async () => {
    const storage = new MemoryBackend();
    await plant(storage);
    await refused(copyTree(storage, at('/tree'), storage, at('/tree/copy')), 'EINVAL');
    await refused(copyTree(storage, at('/'), storage, at('/copy')), 'EINVAL');
    await refused(copyTree(storage, at('/tree'), storage, at('/tree')), 'EINVAL');
    expect(await storage.readdir(at('/'), { limit: 9 }, {})).to.have.length(1);
  });

  it('never puts a file in the place of a directory', async () => {
    const storage = new MemoryBackend();
    await plant(storage);
    const error = await refused(copyTree(storage, at('/tree/a'), storage, at('/tree/empty')), 'EISDIR');
    expect(error.message).to.include('/tree/empty is a directory');
  });

  it('leaves out and tells of what the target cannot hold, and copies other names of a file as files', async () => {
    const { promises } = createFsFromVolume(new Volume());
    const target = await fromFsPromises(promises, { without: ['symlinks', 'hardLinks'] });
    const source = new MemoryBackend();
    await plant(source);
    const skipped: string[] = [];
    const counts = await copyTree(source, at('/tree'), target, at('/copy'), {
      onSkip: (path, reason) => void skipped.push(`${path} ${reason}`),
    });
    expect(counts).to.include({ files: 5, skipped: 1 });
    expect(skipped).to.deep.equal(['/tree/link is a symlink, which the target cannot hold']);
    expectBytes(await readWholeFile(target, '/copy/b'), pattern(3 * CHUNK + 5));
  });

  it('tells of its progress, and ends when it is told to with what was copied by then', async () => {
    const storage = new MemoryBackend();
    for (let index = 0; index < 10; index++) await writeWholeFile(storage, `/${index}`, 'x');
    const abort = new AbortController();
    const seen: string[] = [];
    const copying = copyTree(storage, at('/'), new MemoryBackend(), at('/'), {
      signal: abort.signal,
      onProgress: ({ files }, path) => {
        seen.push(path);
        if (files === 4) abort.abort(new Error('enough'));
      },
    });
    expect((await copying.catch((error: unknown) => error)) as Error).to.have.property('message', 'enough');
    expect(seen).to.include.members(['/', '/0', '/3']);
    expect(seen).not.to.include('/6');
  });

  it('leaves no draft and no half file where the target is full', async () => {
    const source = new MemoryBackend();
    await writeWholeFile(source, '/f', pattern(2 * CHUNK));
    const store = new MemoryBackend();
    await writeWholeFile(store, '/f', 'old');
    const target = stack(store, quota({ bytes: CHUNK }));
    await refused(copyTree(source, at('/f'), target, at('/f')), 'EDQUOT');
    expect((await store.readdir(at('/'), { limit: 9 }, {})).map(({ name }) => name)).to.deep.equal(['f']);
    expect(Buffer.from(await readWholeFile(store, '/f')).toString()).to.equal('old');
  });

  it('whoever reads while a file is replaced gets the old or the new', async () => {
    const store = new MemoryBackend();
    await writeWholeFile(store, '/source', pattern(10 * CHUNK));
    await writeWholeFile(store, '/f', 'old');
    const sizes = new Set<number>();
    // Before each operation of the copy, somebody looks.
    const watched = stack(
      store,
      (next) => async (call) => {
        sizes.add((await store.lstat(at('/f'), {})).size);
        return next(call);
      },
      override(() => ({})),
    );
    await copyTree(store, at('/source'), watched, at('/f'));
    sizes.add((await store.lstat(at('/f'), {})).size);
    expect([...sizes]).to.deep.equal([3, 10 * CHUNK]);
  });
});
