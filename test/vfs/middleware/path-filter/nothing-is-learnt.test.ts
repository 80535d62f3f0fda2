import { expect } from 'chai';
import * as fc from 'fast-check';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import { VfsError } from '../../../../vfs/errors.ts';
import { stack } from '../../../../vfs/layer.ts';
import { pathFilter, type PathRule } from '../../../../vfs/middleware/path-filter.ts';
import { resolvePaths } from '../../../../vfs/middleware/resolve-paths.ts';
import type { Stats } from '../../../../vfs/stats.ts';
import { at } from '../../../conformance/suite.ts';
import { mkdirs, names, open, put } from '../steps.ts';

const RULES: readonly PathRule[] = [{ deny: '*.key' }, { allow: '/pub' }, { allow: '/way/in' }];
const CLOCK = () => ({ seconds: 0, nanoseconds: 0 });

/** What can be seen, the same in both storages; symlinks into what cannot. `/pub/kept` keeps `/pub` from ever being empty. */
async function plantVisible(backend: VfsBackend): Promise<void> {
  await mkdirs(backend, '/pub', '/pub/kept', '/pub/d', '/way', '/way/in', '/secret');
  await put(backend, '/pub/f', 'visible');
  await put(backend, '/pub/d/g', 'visible too');
  const links = {
    out: '/secret/x',
    key: 'x.key',
    up: '../secret',
    round: '/secret/../pub/f',
    there: 'd',
    loop: 'loop',
  };
  for (const [name, target] of Object.entries(links)) await backend.symlink(target, at(`/pub/${name}`), {});
}

/** Two ways to fill what cannot be seen, with as many inodes. */
const HIDDEN: readonly ((backend: VfsBackend) => Promise<void>)[] = [
  async (backend) => {
    await put(backend, '/secret/x', 'a secret');
    await mkdirs(backend, '/secret/d', '/way/other');
    await backend.symlink('/pub', at('/alias'), {});
    await put(backend, '/pub/x.key', 'a key');
  },
  async (backend) => {
    await backend.symlink('/pub/f', at('/secret/d'), {});
    await put(backend, '/alias', '');
    for (let number = 0; number < 3; number++)
      await put(backend, '/gone', '').then(() => backend.unlink(at('/gone'), {}));
  },
];

async function storage(hide: (backend: VfsBackend) => Promise<void>): Promise<VfsBackend> {
  const backend = new MemoryBackend({ clock: CLOCK });
  await plantVisible(backend);
  await hide(backend);
  return stack(backend, resolvePaths(), pathFilter(RULES));
}

/** What the contract says of a thing; how many subdirectories a directory has is not hidden. */
const facts = ({ nlink, ...rest }: Stats): unknown => (rest.type === 'directory' ? rest : { ...rest, nlink });

type Probe = (backend: VfsBackend, path: string, other: string, inode: number) => Promise<unknown>;

const PROBES: Readonly<Record<string, Probe>> = {
  lstat: async (backend, path) => facts(await backend.lstat(at(path), {})),
  stat: async (backend, path) => facts(await backend.lstat(at(path), { follow: true })),
  list: (backend, path) => names(backend, path, 3),
  resolve: async (backend, path) => {
    const found = await backend.resolve(at(path), 'follow', {});
    return {
      path: found.path,
      stats: found.stats && facts(found.stats),
      searched: found.searched.map(facts),
    };
  },
  readlink: (backend, path) => backend.readlink(at(path), {}),
  read: async (backend, path) => {
    const handle = await open(backend, path, { access: 'r' });
    try {
      return [...(await backend.read(handle, 0, 100, {}))];
    } finally {
      await backend.close(handle, {});
    }
  },
  write: (backend, path, other) => put(backend, path, `written after ${other}`),
  // The number of the handle is nothing that is hidden.
  make: async (backend, path) => typeof (await open(backend, path, { access: 'rw', create: 'exclusive' })),
  chmod: (backend, path) => backend.setstat(at(path), { mode: 0o700 }, { follow: true }),
  mkdir: (backend, path) => backend.mkdir(at(path), 0o755, {}),
  rmdir: (backend, path) => backend.rmdir(at(path), {}),
  unlink: (backend, path) => backend.unlink(at(path), {}),
  rename: (backend, path, other) => backend.rename(at(path), at(other), { replace: true }, {}),
  link: (backend, path, other) => backend.link(at(path), at(other), {}),
  symlink: (backend, path, other) => backend.symlink(other, at(path), {}),
  pathToInode: (backend, path) => backend.pathToInode(at(path), {}),
  inodeToPath: (backend, _path, _other, inode) => backend.inodeToPath(inode, {}),
  statInode: async (backend, _path, _other, inode) => facts(await backend.statInode(inode, {})),
  lookup: async (backend, path, _other, inode) =>
    facts(await backend.lookup(inode, path.slice(path.lastIndexOf('/') + 1), {})),
};

const PATHS = [
  '/', '/pub', '/pub/f', '/pub/d', '/pub/d/g', '/pub/new', '/pub/new/x', '/pub/out', '/pub/key', '/pub/up', '/pub/up/x',
  '/pub/up/d', '/pub/round', '/pub/there/g', '/pub/loop', '/pub/x.key', '/pub/y.key', '/way', '/way/in', '/way/in/x',
  '/way/other', '/way/none', '/secret', '/secret/x', '/secret/d', '/secret/d/x', '/secret/none', '/alias', '/alias/f',
  '/none', '/pub/../secret/x', '/secret/../pub/f', '/alias/../f', '/pub/d/../../way/other', '/gone', '/pub/d/',
]; // prettier-ignore

const step = fc.record({
  probe: fc.constantFrom(...Object.keys(PROBES)),
  path: fc.constantFrom(...PATHS),
  other: fc.constantFrom(...PATHS),
  inode: fc.integer({ min: 1, max: 30 }),
});

async function run(
  hide: (backend: VfsBackend) => Promise<void>,
  steps: readonly StepOf[],
): Promise<unknown[]> {
  const backend = await storage(hide);
  const answers: unknown[] = [];
  for (const { probe, path, other, inode } of steps) {
    try {
      answers.push(await (PROBES[probe] as Probe)(backend, path, other, inode));
    } catch (error) {
      answers.push(error instanceof VfsError ? error.message : error);
    }
  }
  return answers;
}

type StepOf = typeof step extends fc.Arbitrary<infer S> ? S : never;

describe('through a path filter', () => {
  it('two storages that differ only in what is denied cannot be told apart', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const [one, other] = await Promise.all(HIDDEN.map((hide) => run(hide, steps)));
        expect(one).to.deep.equal(other);
      }),
      { numRuns: 400 },
    );
  });

  it('without it they can be', async () => {
    const told = await Promise.all(
      HIDDEN.map(async (hide) => {
        const backend = new MemoryBackend({ clock: CLOCK });
        await plantVisible(backend);
        await hide(backend);
        return names(backend, '/secret');
      }),
    );
    expect(told[0]).not.to.deep.equal(told[1]);
  });
});
