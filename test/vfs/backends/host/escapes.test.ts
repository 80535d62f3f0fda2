import { expect } from 'chai';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { HostBackend } from '../../../../vfs/backends/host/index.ts';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { stack } from '../../../../vfs/layer.ts';
import { resolvePaths } from '../../../../vfs/middleware/resolve-paths.ts';
import { decodeText } from '../../../../vfs/names.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { readWholeFile } from '../../../support/whole-files.ts';
import { snapshot } from '../../../support/snapshot.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

const SECRET = 'nobody inside may ever see this';

type Attempt = (backend: VfsBackend, path: VfsPath) => Promise<unknown>;

/** Whatever can be tried with a path. What they answer is kept, to be searched for the secret. */
const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  lstat: (backend, path) => backend.lstat(path, {}),
  'lstat that follows': (backend, path) => backend.lstat(path, { follow: true }),
  readdir: (backend, path) => backend.readdir(path, { limit: 100 }, {}),
  read: async (backend, path) => decodeText(await readWholeFile(backend, path)),
  'open for writing': (backend, path) => backend.open(path, { access: 'w' }, 0, {}),
  'open with truncate': (backend, path) => backend.open(path, { access: 'rw', truncate: true }, 0, {}),
  create: (backend, path) => backend.open(path, { access: 'w', create: 'if-missing' }, 0o644, {}),
  'create alone': (backend, path) => backend.open(path, { access: 'w', create: 'exclusive' }, 0o644, {}),
  'change of mode': (backend, path) => backend.setstat(path, { mode: 0o777 }, {}),
  'change of owner': (backend, path) => backend.setstat(path, { uid: 1234, gid: 1234 }, {}),
  'change of size': (backend, path) => backend.setstat(path, { size: 0 }, {}),
  'change of times': (backend, path) => backend.setstat(path, { mtime: { seconds: 5, nanoseconds: 0 } }, {}),
  mkdir: (backend, path) => backend.mkdir(path, 0o755, {}),
  symlink: (backend, path) => backend.symlink('x', path, {}),
  rmdir: (backend, path) => backend.rmdir(path, {}),
  unlink: (backend, path) => backend.unlink(path, {}),
  'rename from': (backend, path) => backend.rename(path, at('/stolen'), { replace: true }, {}),
  'rename to': (backend, path) => backend.rename(at('/mine'), path, { replace: true }, {}),
  'rename to, without replacing': (backend, path) =>
    backend.rename(at('/mine'), path, { replace: false }, {}),
  'link from': (backend, path) => backend.link(path, at('/stolen'), {}),
  'link to': (backend, path) => backend.link(at('/mine'), path, {}),
  readlink: (backend, path) => backend.readlink(path, {}),
  resolve: (backend, path) => backend.resolve(path, 'follow', {}),
};

/** Links that lead out, by what they say; `outside` is the directory with the secret. */
function linksTo(outside: string, descriptor: number): Readonly<Record<string, string>> {
  return {
    absolute: outside,
    relative: '../outside',
    'over the root': '../../../../../../../../../..' + outside,
    'with detours': './../inside/../outside/.',
    'by /proc/self/root': `/proc/self/root${outside}`,
    'by /proc/1/root': `/proc/1/root${outside}`,
    'by /proc/self/cwd': '/proc/self/cwd',
    'by an open descriptor': `/proc/self/fd/${descriptor}`,
    'by /dev/fd': `/dev/fd/${descriptor}`,
    'by another link': 'link0',
  };
}

const at = (path: string): VfsPath => path as VfsPath;

describe('nothing outside of the folder of a HostBackend', () => {
  const directory = temporaryDirectory();
  let outside: string;
  let inside: string;
  let descriptor: number;
  let backend: VfsBackend;

  beforeEach(async () => {
    outside = join(directory(), 'outside');
    inside = join(directory(), 'inside');
    for (const path of [inside, outside, join(outside, 'sub')]) mkdirSync(path);
    writeFileSync(join(outside, 'secret'), SECRET);
    writeFileSync(join(outside, 'sub', 'secret'), SECRET);
    writeFileSync(join(inside, 'mine'), 'mine');
    descriptor = openSync(outside, 'r');
    for (const [index, target] of Object.values(linksTo(outside, descriptor)).entries()) {
      symlinkSync(target, join(inside, `link${index}`));
    }
    symlinkSync(join(outside, 'secret'), join(inside, 'file'));
    symlinkSync(join(outside, 'missing'), join(inside, 'dangling'));
    backend = await HostBackend.open(inside);
  });

  afterEach(async () => {
    await backend.dispose();
    closeSync(descriptor);
  });

  /** What the attempt comes to: an error code, or all that it answered. */
  async function outcome(attempt: Attempt, path: string, on = backend): Promise<string> {
    try {
      return `answer ${inspect(await attempt(on, at(path)), { depth: 9 })}`;
    } catch (error) {
      return (error as { code: string }).code;
    }
  }

  /** Tries everything on a path, and expects the outside to be as it was and to appear nowhere. */
  async function tryEverything(path: string, on = backend): Promise<Record<string, string>> {
    const before = snapshot(outside);
    const outcomes: Record<string, string> = {};
    for (const [name, attempt] of Object.entries(ATTEMPTS)) {
      outcomes[name] = await outcome(attempt, path, on);
      expect(outcomes[name], name).not.to.include(SECRET);
      expect(snapshot(outside), name).to.deep.equal(before);
      writeFileSync(join(inside, 'mine'), 'mine');
    }
    return outcomes;
  }

  for (const [index, what] of Object.keys(linksTo('/x', 0)).entries()) {
    it(`is reached through a link ${what}, whether or not what is behind it exists`, async () => {
      const link = `/link${index}`;
      const { resolve: _bothWays, ...there } = await tryEverything(`${link}/secret`);
      for (const [name, code] of Object.entries(there)) expect(code, name).to.equal('ELOOP');
      for (const other of ['missing', 'sub/secret', 'sub/missing']) {
        expect(await tryEverything(`${link}/${other}`)).to.deep.include(there);
      }
    });
  }

  it('is reached by a link in the last place, whether or not what it names exists', async () => {
    const harmless = new Set([
      'lstat',
      'lstat that follows',
      'readlink',
      'rename from',
      'link from',
      'unlink',
    ]);
    for (const [name, attempt] of Object.entries(ATTEMPTS)) {
      if (harmless.has(name) || name.startsWith('change of') || name.startsWith('rename to')) continue;
      const existing = await outcome(attempt, '/file');
      expect(existing, name).to.be.oneOf(['ELOOP', 'EEXIST', 'ENOTDIR', 'ENOENT']);
      expect(await outcome(attempt, '/dangling'), name).to.equal(existing);
    }
    for (const path of ['/file', '/link0', '/dangling']) await tryEverything(path);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).to.equal(SECRET);
  });

  it('is named by a path that climbs', async () => {
    for (const path of [
      '/..',
      '/../outside/secret',
      '/./../outside/secret',
      '/link0/../../outside',
      '//..',
    ]) {
      const outcomes = await tryEverything(path);
      const [refused] = ['EINVAL'];
      for (const name of Object.keys(ATTEMPTS))
        if (name !== 'resolve') expect(outcomes[name], name).to.equal(refused);
    }
  });

  it('is reached where links are followed: they lead within the storage', async () => {
    const following = stack(backend, resolvePaths());
    for (const index of Object.keys(linksTo('/x', 0)).keys()) {
      const there = await tryEverything(`/link${index}/secret`, following);
      for (const [name, answer] of Object.entries(there)) expect(answer, name).to.equal('ENOENT');
      expect(await tryEverything(`/link${index}/missing`, following)).to.deep.equal(there);
    }
    await tryEverything('/../outside/secret', following);
    await tryEverything('/link0/../../outside/secret', following);
  });

  it('gets a second name inside', async () => {
    await backend.link(at('/file'), at('/second'), {});
    expect(await backend.lstat(at('/second'), {})).to.include({ type: 'symlink' });
    expect(await outcome(ATTEMPTS['read'] as Attempt, '/second')).to.equal('ELOOP');
  });

  it('is told by a link: its text reads back as it was written', async () => {
    expect(await backend.readlink(at('/link1'), {})).to.equal('../outside');
    await backend.symlink('/etc/passwd', at('/new'), {});
    expect(await backend.readlink(at('/new'), {})).to.equal('/etc/passwd');
    expect(await outcome(ATTEMPTS['read'] as Attempt, '/new')).to.equal('ELOOP');
  });

  it('is reached through a directory that another program has moved out', async () => {
    await backend.mkdir(at('/d'), 0o755, {});
    await backend.lstat(at('/d/x'), {}).catch(() => undefined);
    renameSync(join(inside, 'd'), join(outside, 'd'));
    writeFileSync(join(outside, 'd', 'secret'), SECRET);
    const outcomes = await tryEverything('/d/secret');
    for (const [name, code] of Object.entries(outcomes)) expect(code, name).to.equal('ENOENT');
    mkdirSync(join(inside, 'd'));
    expect(await outcome(ATTEMPTS['readdir'] as Attempt, '/d')).to.equal('answer []');
  });

  it('is reached through a directory that was swapped for a link after it was used', async () => {
    await backend.mkdir(at('/d'), 0o755, {});
    await backend.mkdir(at('/d/sub'), 0o755, {});
    expect(await outcome(ATTEMPTS['readdir'] as Attempt, '/d/sub')).to.equal('answer []');
    renameSync(join(inside, 'd'), join(inside, 'e'));
    symlinkSync(outside, join(inside, 'd'));
    const { resolve: _withinTheStorage, ...outcomes } = await tryEverything('/d/sub/secret');
    for (const [name, code] of Object.entries(outcomes)) expect(code, name).to.equal('ELOOP');
  });

  it('is a file that the host has given a second name inside: it can be read', async () => {
    linkSync(join(outside, 'secret'), join(inside, 'linked'));
    expect(await outcome(ATTEMPTS['read'] as Attempt, '/linked')).to.include(SECRET);
  });
});
