import { expect } from 'chai';
import type { Stats } from '../../vfs/stats.ts';
import { outcomeOf, pattern, randomSource } from './expectations.ts';
import { at, type Suite } from './suite.ts';

const DIRECTORIES = ['', '/d0', '/d1', '/d1/e', '/d2'];

/** Codes that racing operations may meet on a small tree; anything else is a fault. */
const EXPECTED = new Set([
  'ok', 'ENOENT', 'EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'EINVAL', 'EPERM', 'ELOOP', 'EBUSY', 'EDQUOT', 'ENOTSUP', 'ENODATA',
]); // prettier-ignore

type Random = (below: number) => number;
type Action = (suite: Suite, random: Random) => Promise<unknown>;

const somePath = (random: Random): string =>
  `${DIRECTORIES[random(DIRECTORIES.length)]}/${'abcdef'[random(6)]}`;
/** Made once: bytes cost more than the calls that take them. */
const BYTES = pattern(200_000);
const someBytes = (random: Random, below: number): Uint8Array => BYTES.subarray(0, random(below));
const someDirectory = (random: Random): string => DIRECTORIES[1 + random(DIRECTORIES.length - 1)] as string;

const ACTIONS: readonly Action[] = [
  (suite, random) => suite.put(somePath(random), someBytes(random, 5000)),
  (suite, random) => suite.put(somePath(random), someBytes(random, random(4) === 0 ? 200_000 : 20_000)),
  (suite, random) => suite.get(somePath(random)),
  (suite, random) => suite.mkdir(someDirectory(random)),
  (suite, random) => suite.backend.rmdir(at(someDirectory(random)), {}),
  (suite, random) => suite.backend.unlink(at(somePath(random)), {}),
  (suite, random) =>
    suite.backend.rename(at(somePath(random)), at(somePath(random)), { replace: random(2) === 0 }, {}),
  (suite, random) =>
    suite.backend.rename(at(someDirectory(random)), at(someDirectory(random)), { replace: true }, {}),
  (suite, random) => suite.backend.link(at(somePath(random)), at(somePath(random)), {}),
  (suite, random) => suite.backend.symlink('a', at(somePath(random)), {}),
  (suite, random) => suite.backend.setstat(at(somePath(random)), { size: random(100_000) }, {}),
  (suite, random) => suite.names(someDirectory(random), 3),
  unlinkWhileOpen,
  lockAndWrite,
  (suite, random) =>
    suite.backend.setxattr(at(somePath(random)), `user.${random(3)}`, someBytes(random, 300), 'set', {}),
  (suite, random) => suite.backend.removexattr(at(somePath(random)), `user.${random(3)}`, {}),
];

async function unlinkWhileOpen(suite: Suite, random: Random): Promise<void> {
  const path = somePath(random);
  const handle = await suite.open(path, { create: 'if-missing' });
  try {
    await suite.write(handle, 'end', BYTES.subarray(0, 1000));
    await suite.backend.unlink(at(path), {});
    await suite.write(handle, 'end', BYTES.subarray(0, 1000));
  } finally {
    await suite.close(handle);
  }
}

async function lockAndWrite(suite: Suite, random: Random): Promise<void> {
  const handle = await suite.open(somePath(random));
  try {
    const owner = String(random(1_000_000_000));
    await suite.backend.lock(handle, { kind: 'exclusive', start: 0, length: 100, owner }, {});
    await suite.write(handle, 0, someBytes(random, 100));
  } finally {
    await suite.close(handle);
  }
}

export function concurrency(suite: Suite): void {
  /** Every inode of the tree with the names that were found for it. */
  async function walk(): Promise<Map<number, { stats: Stats; paths: string[] }>> {
    const found = new Map<number, { stats: Stats; paths: string[] }>();
    const todo = [''];
    for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
      for (const { name, stats } of await suite.entries(`${path}/`.replace(/(.)\/$/, '$1'), 5)) {
        const known = found.get(stats.inode) ?? { stats, paths: [] };
        known.paths.push(`${path}/${name}`);
        found.set(stats.inode, known);
        if (stats.type === 'directory') todo.push(`${path}/${name}`);
      }
    }
    return found;
  }

  async function checkInvariants(): Promise<void> {
    const found = await walk();
    let used = 0;
    for (const { stats, paths } of found.values()) {
      used += stats.used;
      for (const path of paths)
        expect(suite.steady(await suite.stat(path))).to.deep.equal(suite.steady(stats));
      if (stats.type === 'directory') {
        const below = (await suite.entries(paths[0] as string)).filter(
          (entry) => entry.stats.type === 'directory',
        );
        expect(paths).to.have.length(1);
        expect(stats.nlink, paths[0]).to.equal(suite.directoryLinks(below.length));
      } else expect(stats.nlink, paths.join()).to.equal(paths.length);
      if (stats.type === 'file') expect(await suite.get(paths[0] as string)).to.have.length(stats.size);
    }
    await suite.expectUsage({ used, inodes: found.size });
  }

  const { tasks: TASKS, turns: TURNS } = suite.crowd;
  describe('concurrency', () => {
    it(`${TASKS} tasks of ${TURNS} random operations leave a tree whose counters are right`, async function () {
      this.timeout(300_000);
      const outcomes = new Map<string, number>();
      const tasks = Array.from({ length: TASKS }, async (_, task) => {
        const random = randomSource(task + 1);
        for (let turn = 0; turn < TURNS; turn++) {
          const action = ACTIONS[random(ACTIONS.length)] as Action;
          const outcome = await outcomeOf(action(suite, random));
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
      });
      await Promise.all(tasks);
      expect([...outcomes.keys()].filter((outcome) => !EXPECTED.has(outcome))).to.deep.equal([]);
      expect(outcomes.get('ok')).to.be.above((TASKS * TURNS) / 10);
      await checkInvariants();
    });

    it('a name that is replaced all the time is never missing and never half written', async () => {
      const contents = [pattern(50_000, 1), pattern(150_000, 2), pattern(1, 3)];
      await suite.put('/f', contents[0] as Uint8Array);
      const state = { replacing: true };
      const replacer = (async () => {
        for (let turn = 0; turn < 60; turn++) {
          await suite.put('/new', contents[turn % 3] as Uint8Array);
          await suite.backend.rename(at('/new'), at('/f'), { replace: true }, {});
        }
        state.replacing = false;
      })();
      const lengths = contents.map(({ length }) => length);
      while (state.replacing) expect(lengths).to.include((await suite.get('/f')).length);
      await replacer;
    });

    it('of many who make one path with all its directories, all find it in the end', async () => {
      const makers = Array.from({ length: 20 }, async () => {
        for (const path of ['/a', '/a/b', '/a/b/c', '/a/b/c/d']) {
          const outcome = await outcomeOf(suite.mkdir(path));
          expect(['ok', 'EEXIST']).to.include(outcome);
        }
        expect(await suite.stat('/a/b/c/d')).to.include({ type: 'directory' });
      });
      await Promise.all(makers);
      expect(await suite.names('/a/b/c')).to.deep.equal(['d']);
      await checkInvariants();
      await suite.expectUsage({ used: 0, inodes: 4 });
    });

    it('of many makers of one name exactly one succeeds', async () => {
      const makers = Array.from({ length: 20 }, () => outcomeOf(suite.open('/f', { create: 'exclusive' })));
      const outcomes = await Promise.all(makers);
      expect(outcomes.toSorted()).to.deep.equal([...Array.from({ length: 19 }, () => 'EEXIST'), 'ok']);
      const directories = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(suite.mkdir('/d'))));
      expect(directories.filter((outcome) => outcome === 'ok')).to.have.length(1);
    });

    it('of many renames of one name without replace exactly one succeeds', async () => {
      await suite.put('/f', '');
      const renames = Array.from({ length: 20 }, (_, index) =>
        outcomeOf(suite.backend.rename(at('/f'), at(`/g${index}`), { replace: false }, {})),
      );
      const outcomes = await Promise.all(renames);
      expect(outcomes.filter((outcome) => outcome === 'ok')).to.have.length(1);
      expect(outcomes.filter((outcome) => outcome === 'ENOENT')).to.have.length(19);
      expect(await suite.names('/')).to.have.length(1);
    });

    it('two directories moved into each other at once never make a circle', async () => {
      for (let turn = 0; turn < 20; turn++) {
        await suite.mkdir(`/a${turn}`, `/b${turn}`);
        const [a, b] = [at(`/a${turn}`), at(`/b${turn}`)];
        const outcomes = await Promise.all([
          outcomeOf(suite.backend.rename(a, at(`${b}/a`), { replace: false }, {})),
          outcomeOf(suite.backend.rename(b, at(`${a}/b`), { replace: false }, {})),
        ]);
        expect(outcomes.filter((outcome) => outcome === 'ok')).to.have.length(1);
      }
      await checkInvariants();
    });

    it('writes to one file from many tasks are each whole', async () => {
      const size = 10_000;
      const handle = await suite.open('/f', { create: 'exclusive' });
      await suite.write(handle, 0, new Uint8Array(size));
      const writers = Array.from({ length: 50 }, (_, index) =>
        suite.write(handle, 0, new Uint8Array(size).fill(index + 1)),
      );
      const readers = Array.from({ length: 50 }, () => suite.read(handle, 0, size));
      const [seen] = await Promise.all([Promise.all(readers), Promise.all(writers)]);
      for (const bytes of [...seen, await suite.get('/f')]) expect(new Set(bytes).size).to.equal(1);
    });
  });
}
