import { expect } from 'chai';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import type { VfsErrorCode } from '../../../vfs/errors.ts';
import { FileStorage } from '../../../vfs/file-storage.ts';
import { override, stack } from '../../../vfs/layer.ts';
import { resolvePaths } from '../../../vfs/middleware/resolve-paths.ts';
import { rejection } from '../../support/rejection.ts';

async function refused(promise: Promise<unknown>, code: VfsErrorCode): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).to.have.property('code', code);
}

describe('trees of a FileStorage', () => {
  let storage: FileStorage;

  beforeEach(() => {
    storage = new FileStorage(new MemoryBackend());
  });

  it('are made with all that is missing above', async () => {
    expect(await storage.mkdir('/a/b/c', { recursive: true })).to.equal('/a');
    expect(await storage.mkdir('/a/b/c', { recursive: true })).to.equal(undefined);
    expect(await storage.mkdir('/a/b/d/e/', { recursive: true })).to.equal('/a/b/d');
    expect(await storage.mkdir('/', { recursive: true })).to.equal(undefined);
    expect(await storage.readdir('/', { recursive: true })).to.deep.equal([
      'a',
      'a/b',
      'a/b/c',
      'a/b/d',
      'a/b/d/e',
    ]);
    await refused(storage.mkdir('/x/y'), 'ENOENT');
    await refused(storage.mkdir('/a'), 'EEXIST');
    await storage.writeFile('/f', '');
    await refused(storage.mkdir('/f', { recursive: true }), 'EEXIST');
    await refused(storage.mkdir('/f/g', { recursive: true }), 'ENOTDIR');
    await storage.symlink('a', '/l');
    expect(await storage.mkdir('/l/z', { recursive: true })).to.equal('/l/z');
    expect(await storage.exists('/a/z')).to.equal(true);
  });

  it('are made once by many at the same time', async () => {
    const made = await Promise.all(
      Array.from({ length: 20 }, () => storage.mkdir('/a/b/c/d', { recursive: true })),
    );
    expect(made.some((first) => first === '/a')).to.equal(true);
    expect(await storage.readdir('/a/b/c')).to.deep.equal(['d']);
  });

  it('are listed with types, and below', async () => {
    await storage.mkdir('/d/e', { recursive: true });
    await storage.writeFile('/d/f', '');
    await storage.symlink('d', '/l');
    const items = await storage.readdir('/', { withFileTypes: true });
    expect(items.map((item) => [item.name, item.isDirectory(), item.isSymbolicLink()])).to.deep.equal([
      ['d', true, false],
      ['l', false, true],
    ]);
    const below = await storage.readdir('/', { withFileTypes: true, recursive: true });
    expect(below.map((item) => `${item.parentPath}|${item.name}`)).to.deep.equal([
      '/|d',
      '/d|e',
      '/d|f',
      '/|l',
    ]);
    expect(await storage.readdir('/l')).to.deep.equal(['e', 'f']);
    await refused(storage.readdir('/d/f'), 'ENOTDIR');
  });

  it('of more names than a page are listed and removed whole', async () => {
    await storage.mkdir('/d');
    for (let index = 0; index < 600; index++) await storage.writeFile(`/d/${index}`, '');
    expect(await storage.readdir('/d')).to.have.length(600);
    await storage.rm('/d', { recursive: true });
    expect(await storage.readdir('/')).to.deep.equal([]);
  });

  it('are removed with all that is in them, when asked so', async () => {
    await storage.mkdir('/a/b/c', { recursive: true });
    await storage.writeFile('/a/b/f', 'x');
    await storage.writeFile('/kept', 'kept');
    await storage.symlink('/kept', '/a/link');
    await storage.symlink('/', '/a/b/root');
    await refused(storage.rm('/a'), 'EISDIR');
    await refused(storage.rmdir('/a'), 'ENOTEMPTY');
    await storage.rm('/a', { recursive: true });
    expect(await storage.readdir('/')).to.deep.equal(['kept']);
  });

  it('rm takes a file, a symlink itself, and what is missing when forced', async () => {
    await storage.mkdir('/d');
    await storage.writeFile('/d/f', '');
    await storage.symlink('d', '/l');
    await storage.rm('/l', { recursive: true });
    expect(await storage.readdir('/d')).to.deep.equal(['f']);
    await storage.rm('/d/f');
    await refused(storage.rm('/d/f'), 'ENOENT');
    await storage.rm('/d/f', { force: true });
    await storage.rm('/nowhere/f', { force: true });
    await refused(storage.rm('/nowhere/f', { recursive: true }), 'ENOENT');
  });

  it('rm removes nothing outside, though a directory is swapped for a symlink while it works', async () => {
    const memory = new MemoryBackend();
    let swapped = false;
    // After the listing that names `d`, and before it is entered, `d` becomes a link to `/kept`.
    const swap = override((next) => ({
      readdir: async (call) => {
        const page = await next(call);
        if (!swapped && call.args[0] === '/tree') {
          swapped = true;
          await plain.rename('/tree/d', '/d');
          await plain.symlink('/kept', '/tree/d');
        }
        return page;
      },
    }));
    const plain = new FileStorage(memory);
    const racing = new FileStorage(stack(memory, swap));
    await plain.mkdir('/tree/d', { recursive: true });
    await plain.mkdir('/kept');
    await plain.writeFile('/kept/f', 'precious');
    await refused(racing.rm('/tree', { recursive: true }), 'ELOOP');
    expect(swapped).to.equal(true);
    expect(await plain.readFile('/kept/f', 'utf8')).to.equal('precious');
  });

  it('rename replaces, link and symlink do not', async () => {
    await storage.writeFile('/a', 'a');
    await storage.writeFile('/b', 'b');
    await storage.rename('/a', '/b');
    expect(await storage.readFile('/b', 'utf8')).to.equal('a');
    await storage.link('/b', '/c');
    expect((await storage.stat('/c')).nlink).to.equal(2);
    await refused(storage.link('/b', '/c'), 'EEXIST');
    await refused(storage.symlink('b', '/c'), 'EEXIST');
    await storage.unlink('/b');
    expect(await storage.readFile('/c', 'utf8')).to.equal('a');
  });

  it('symlinks are read, followed and resolved', async () => {
    await storage.mkdir('/d/e', { recursive: true });
    await storage.writeFile('/d/bar', 'found');
    await storage.symlink('d/e', '/foo');
    expect(await storage.readlink('/foo')).to.equal('d/e');
    expect(await storage.readFile('/foo/../bar', 'utf8')).to.equal('found');
    expect(await storage.realpath('/foo/../bar')).to.equal('/d/bar');
    expect(await storage.realpath('/./foo//')).to.equal('/d/e');
    await storage.symlink('nowhere', '/dangling');
    await refused(storage.realpath('/dangling'), 'ENOENT');
    await refused(storage.readlink('/d'), 'EINVAL');
    expect([await storage.exists('/foo'), await storage.exists('/dangling')]).to.deep.equal([true, false]);
  });

  it('statfs tells the room there is in blocks', async () => {
    const limited = new FileStorage(new MemoryBackend(), {
      context: { limits: { bytes: 40_960, inodes: 5 } },
    });
    await limited.writeFile('/a', new Uint8Array(4097));
    expect(await limited.statfs('/')).to.include({
      bsize: 4096,
      blocks: 10,
      bfree: 8,
      bavail: 8,
      files: 5,
      ffree: 4,
    });
  });

  it('work the same on a stack that resolves already', async () => {
    const resolved = new FileStorage(stack(new MemoryBackend(), resolvePaths()), { resolved: true });
    await resolved.mkdir('/a/b', { recursive: true });
    await resolved.symlink('a/b', '/l');
    await resolved.writeFile('/l/f', 'x');
    expect(await resolved.readdir('/a/b')).to.deep.equal(['f']);
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = resolved.constants;
    await resolved.symlink('a/b/f', '/lf');
    expect(await rejection(resolved.open('/lf', O_RDONLY | O_NOFOLLOW))).to.include({ code: 'ELOOP' });
    const making = resolved.open('/lf', O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    expect(await rejection(making)).to.include({ code: 'EEXIST' });
    await (await resolved.open('/l/f', O_RDONLY | O_NOFOLLOW)).close();
    await resolved.unlink('/lf');
    await resolved.rm('/a', { recursive: true });
    expect(await resolved.readdir('/')).to.deep.equal(['l']);
  });
});
