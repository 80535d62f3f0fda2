import { expect } from 'chai';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { VfsError } from '../../../vfs/errors.ts';
import { callBackend, override, stack, type Layer } from '../../../vfs/layer.ts';
import { resolvePaths } from '../../../vfs/middleware/resolve-paths.ts';
import { pathsOf } from '../../../vfs/ops.ts';
import { isCanonical, type VfsPath } from '../../../vfs/path.ts';
import { refused } from '../../conformance/expectations.ts';
import { at, textOf } from '../../conformance/suite.ts';

/** What reaches the layers below, but the questions of `resolve` itself. */
function watching(seen: string[]): Layer {
  return (next) => (call) => {
    if (call.op !== 'resolve') seen.push(`${call.op} ${pathsOf(call).join(' ')}`);
    return next(call);
  };
}

describe('resolvePaths', () => {
  let memory: MemoryBackend;
  let seen: string[];
  const storage = () => stack(memory, resolvePaths(), watching(seen));

  beforeEach(async () => {
    memory = new MemoryBackend();
    seen = [];
    for (const path of ['/a', '/a/b', '/private']) await memory.mkdir(at(path), 0o755, {});
    for (const path of ['/a/b/f', '/private/secret']) {
      const handle = await memory.open(at(path), { access: 'w', create: 'exclusive' }, 0o644, {});
      await memory.write(handle, 0, new TextEncoder().encode(path), {});
      await memory.close(handle, {});
    }
    await memory.symlink('a/b', at('/l'), {});
    await memory.symlink('/private', at('/a/p'), {});
  });

  async function read(path: string): Promise<string> {
    const top = storage();
    const handle = await top.open(at(path), { access: 'r' }, 0, {});
    return textOf(await top.read(handle, 0, 1000, {}));
  }

  it('asks nothing more for a path without symlinks', async () => {
    await storage().lstat(at('/a/b/f'), {});
    expect(seen).to.deep.equal(['lstat /a/b/f']);
  });

  it('hands down where a path leads, whatever it is written like', async () => {
    for (const path of ['/l/f', '//a/./b//f', '/l/../b/f', '/a/../../l/f', '/a/b/f']) {
      expect(await read(path), path).to.equal('/a/b/f');
    }
    expect(seen.filter((line) => line.startsWith('open')).at(-2)).to.equal('open /a/b/f');
  });

  it('lets nothing through that is not canonical or goes through a symlink unrefused', async () => {
    const top = storage();
    const paths = ['/l/../b/f', '/l/', '/a/p/secret', '/a/p/./', '/l/f/', '/l', '/a/p'];
    for (const path of paths) {
      await top.lstat(at(path), {}).catch(() => undefined);
      await top.readdir(at(path), { limit: 1 }, {}).catch(() => undefined);
      await top.setstat(at(path), { uid: 1 }, {}).catch(() => undefined);
    }
    for (const line of seen) expect(isCanonical(line.split(' ')[1] ?? ''), line).to.equal(true);
  });

  it('a policy below sees where a symlink leads, and not its name', async () => {
    const guard: Layer = (next) => (call) => {
      const barred = pathsOf(call).some((path) => path.startsWith('/private'));
      return barred && call.op !== 'resolve' ? Promise.reject(new VfsError('EACCES')) : next(call);
    };
    const top = stack(memory, resolvePaths(), guard);
    const ways = [
      '/private/secret',
      '/a/p/secret',
      '/l/../p/secret',
      '/a/../private/secret',
      '//private//secret',
    ];
    for (const path of ways) await refused(top.open(at(path), { access: 'r' }, 0, {}), 'EACCES');
    await refused(top.rename(at('/a/b/f'), at('/a/p/f'), { replace: true }, {}), 'EACCES');
    await refused(top.readdir(at('/a/p'), { limit: 1 }, {}), 'EACCES');
    await top.lstat(at('/a/p'), {});
  });

  it('a policy below that bars the name of a symlink does not bar the way through it', async () => {
    const guard: Layer = (next) => (call) =>
      pathsOf(call).some((path) => path.startsWith('/l/'))
        ? Promise.reject(new VfsError('EACCES'))
        : next(call);
    const top = stack(
      memory,
      resolvePaths(),
      (next) => (call) => (call.op === 'resolve' ? callBackend(memory)(call) : guard(next)(call)),
    );
    expect((await top.lstat(at('/l/f'), {})).type).to.equal('file');
    expect((await top.lstat(at('/l'), {})).type).to.equal('symlink');
  });

  it('gives the layers below one text for the same bytes', async () => {
    await memory.mkdir(at('/ä'), 0o755, {});
    await storage().lstat(at('/\udcc3\udca4'), {});
    expect(seen.every((line) => !line.includes('\udcc3'))).to.equal(true);
  });

  it('follows the last symlink where the operation does, or is asked to', async () => {
    const top = storage();
    expect((await top.lstat(at('/l'), {})).type).to.equal('symlink');
    expect((await top.lstat(at('/l'), { follow: true })).type).to.equal('directory');
    expect((await top.lstat(at('/l/'), {})).type).to.equal('directory');
    await top.setstat(at('/l'), { uid: 5 }, { follow: true });
    expect([(await memory.lstat(at('/l'), {})).uid, (await memory.lstat(at('/a/b'), {})).uid]).to.deep.equal([
      0, 5,
    ]);
    await top.setstat(at('/l'), { uid: 6 }, {});
    expect([(await memory.lstat(at('/l'), {})).uid, (await memory.lstat(at('/a/b'), {})).uid]).to.deep.equal([
      6, 5,
    ]);
    expect((await top.readdir(at('/l'), { limit: 9 }, {})).map(({ name }) => name)).to.deep.equal(['f']);
    await top.rename(at('/l'), at('/m'), { replace: false }, {});
    expect(await top.readlink(at('/m'), {})).to.equal('a/b');
    await top.unlink(at('/m'), {});
    expect((await memory.lstat(at('/a/b'), {})).type).to.equal('directory');
  });

  it('makes what a dangling symlink leads to, but never replaces one with create exclusive', async () => {
    await memory.symlink('/a/new', at('/dangling'), {});
    const top = storage();
    await refused(top.open(at('/dangling'), { access: 'w', create: 'exclusive' }, 0o644, {}), 'EEXIST');
    await refused(top.open(at('/dangling'), { access: 'r' }, 0o644, {}), 'ENOENT');
    await top.open(at('/dangling'), { access: 'w', create: 'if-missing' }, 0o644, {});
    expect((await memory.lstat(at('/a/new'), {})).type).to.equal('file');
  });

  it('resolves both paths of a rename or link', async () => {
    const top = storage();
    await top.rename(at('/l/f'), at('/a/p/../b/g'), { replace: false }, {}).catch(() => undefined);
    await top.link(at('/l/./f'), at('/l/h'), {}).catch(() => undefined);
    const lines = seen.filter((line) => line.startsWith('rename') || line.startsWith('link'));
    for (const line of lines)
      for (const path of line.split(' ').slice(1)) expect(isCanonical(path)).to.equal(true);
    await top.rename(at('/a/p/secret'), at('/l/moved'), { replace: false }, {});
    expect((await memory.lstat(at('/a/b/moved'), {})).type).to.equal('file');
  });

  it('walks again when a link is swapped in between, and ends with ELOOP when that never ends', async () => {
    let swaps = 0;
    const swapping = (times: number): Layer =>
      override((next) => ({
        open: (call) =>
          swaps++ < times ? Promise.reject(new VfsError('ELOOP', { op: 'open' })) : next(call),
        // Each walk leads to another place, as if links were being changed.
        resolve: async (call) => {
          const found = await next(call);
          return swaps % 2 === 0 ? found : { ...found, path: `${found.path}x` as VfsPath };
        },
      }));
    const handle = await stack(memory, resolvePaths(), swapping(2)).open(at('/l/f'), { access: 'r' }, 0, {});
    expect(handle).to.be.a('number');
    swaps = 0;
    await refused(
      stack(memory, resolvePaths(), swapping(1000)).open(at('/l/f'), { access: 'r' }, 0, {}),
      'ELOOP',
    );
    expect(swaps).to.be.below(20);
  });

  it('tells a loop of symlinks at once', async () => {
    await memory.symlink('loop', at('/loop'), {});
    await refused(storage().open(at('/loop'), { access: 'r' }, 0, {}), 'ELOOP');
    await refused(storage().lstat(at('/loop/x'), {}), 'ELOOP');
    expect((await storage().lstat(at('/loop'), {})).type).to.equal('symlink');
  });

  it('passes calls without paths as they are', async () => {
    await storage().statfs({});
    await storage().sync({});
    expect(seen).to.deep.equal(['statfs ', 'sync ']);
  });

  it('refuses what is no path, and nothing of it comes down', async () => {
    const top = storage();
    for (const [path, code] of [
      ['', 'ENOENT'],
      ['a', 'EINVAL'],
      ['/\0', 'EINVAL'],
      [`/${'x'.repeat(256)}`, 'ENAMETOOLONG'],
    ] as const) {
      await refused(top.mkdir(at(path), 0, {}), code);
      await refused(top.rename(at('/a/b/f'), at(path), { replace: true }, {}), code);
      await refused(top.resolve(at(path), 'keep', {}), code);
    }
    expect(seen).to.deep.equal([]);
  });
});
