import { expect } from 'chai';
import { join } from 'node:path';
import type { Handle, VfsBackend } from '../../../../vfs/backend.ts';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import { checkStorage, SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { expectBytes, outcomeOf, pattern, randomSource } from '../../../conformance/expectations.ts';
import { filesOf, type Files } from '../../../support/files-of.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

const CHUNK = 131_072;
/** More than are removed at once. */
const CHUNKS = 200;
const TURNS = 400;
const SEEDS = [1, 2, 3, 4, 139, 169];

type Random = (below: number) => number;

/** One storage with its open files, at the same positions as in the other one. */
interface Side {
  readonly backend: VfsBackend;
  readonly files: Files;
  readonly handles: Handle[];
}

/** What both do; all that is random is decided before. Answers what must be equal. */
type Step = (side: Side) => Promise<unknown>;

/** Places that matter: around the bounds of chunks, and anywhere. */
function somewhere(random: Random): number {
  const near = random(CHUNKS) * CHUNK + [0, 1, -1, 100, CHUNK / 2][random(5)]!;
  return Math.max(0, random(3) === 0 ? random(CHUNKS * CHUNK) : near);
}

const somePath = (random: Random): VfsPath => `/f${random(3)}` as VfsPath;

const STEPS: readonly ((random: Random) => Step)[] = [
  openSome,
  openSome,
  closeSome,
  write,
  write,
  write,
  write,
  fill,
  read,
  read,
  read,
  resizeHandle,
  resizePath,
  unlink,
  (random) => {
    const [from, to] = [somePath(random), somePath(random)];
    return ({ backend }) => outcomeOf(backend.rename(from, to, { replace: true }, {}));
  },
  copy,
  () => () => new Promise((resolve) => setTimeout(() => resolve(undefined), 12)),
  () =>
    async ({ backend }) =>
      backend.sync({}),
];

function openSome(random: Random): Step {
  const path = somePath(random);
  const truncate = random(5) === 0;
  return async ({ files, handles }) => {
    if (handles.length < 6) handles.push(await files.open(path, { truncate }));
  };
}

function closeSome(random: Random): Step {
  const choice = random(6);
  return async ({ files, handles }) => {
    const [handle] = handles.splice(choice, 1);
    if (handle !== undefined) await files.close(handle);
  };
}

function withSome(random: Random, action: (side: Side, handle: Handle) => Promise<unknown>): Step {
  const choice = random(6);
  return async (side) => {
    const handle = side.handles[choice % Math.max(1, side.handles.length)];
    return handle === undefined ? undefined : action(side, handle);
  };
}

function write(random: Random): Step {
  const [position, bytes] = [somewhere(random), pattern(1 + random(3) * random(CHUNK), 1 + random(1000))];
  return withSome(random, ({ files }, handle) => files.write(handle, position, bytes));
}

/** A little in each of many chunks. */
function fill(random: Random): Step {
  const [first, count] = [random(CHUNKS), random(CHUNKS)];
  const bytes = pattern(50, 1 + random(1000));
  return withSome(random, async ({ files }, handle) => {
    for (let index = first; index < first + count; index++) await files.write(handle, index * CHUNK, bytes);
  });
}

function read(random: Random): Step {
  const [position, length] = [somewhere(random), random(3 * CHUNK)];
  return withSome(random, async ({ files }, handle) => files.read(handle, position, length));
}

function resizeHandle(random: Random): Step {
  const size = random(4) === 0 ? 0 : somewhere(random);
  return withSome(random, async ({ backend }, handle) => {
    await backend.fsetstat(handle, { size }, {});
    return (await backend.fstat(handle, {})).used;
  });
}

function resizePath(random: Random): Step {
  const [path, size] = [somePath(random), random(4) === 0 ? 0 : somewhere(random)];
  return ({ files }) => outcomeOf(files.resize(path, size));
}

function unlink(random: Random): Step {
  const path = somePath(random);
  return ({ files }) => outcomeOf(files.unlink(path));
}

function copy(random: Random): Step {
  const [from, to, length] = [somewhere(random), somewhere(random), random(20) * random(CHUNK)];
  const other = random(6);
  return withSome(random, async ({ backend, handles }, handle) => {
    const target = handles[other % handles.length] as Handle;
    const copied = backend.copyRange(handle, from, length, target, to, {});
    return copied.catch((error: unknown) => (error as { code: string }).code);
  });
}

describe('large files cut, grown and removed at random', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();

  for (const seed of SEEDS) {
    it(`are what they are in memory, and so are the counters, seed ${seed}`, async () => {
      const random = randomSource(seed);
      const file = join(directory(), 'storage.db');
      const sides = [await SqliteBackend.open(file), new MemoryBackend()].map(
        (backend: VfsBackend): Side => ({
          backend,
          files: filesOf(backend),
          handles: [],
        }),
      );
      for (let turn = 0; turn < TURNS; turn++) {
        const step = (STEPS[random(STEPS.length)] as (typeof STEPS)[number])(random);
        const [stored, wanted] = await Promise.all(sides.map((side) => step(side)));
        expectSame(stored, wanted, `turn ${turn}`);
        const [usage, wantedUsage] = await Promise.all(sides.map(({ files }) => files.usage()));
        expect(usage, `turn ${turn}`).to.deep.equal(wantedUsage);
      }
      const [sqlite, memory] = sides as [Side, Side];
      for (const name of ['/f0', '/f1', '/f2']) {
        const wanted = await memory.files.get(name).catch(() => undefined);
        expectSame(await sqlite.files.get(name).catch(() => undefined), wanted, name);
      }
      await sqlite.backend.dispose();
      expect(checkStorage(file)).to.deep.equal([]);
    });
  }
});

function expectSame(actual: unknown, wanted: unknown, when: string): void {
  if (actual instanceof Uint8Array && wanted instanceof Uint8Array) expectBytes(actual, wanted);
  else expect(actual, when).to.deep.equal(wanted);
}
