import { mkdtemp, mkdir, lstat, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { VfsBackend } from '../vfs/backend.ts';
import { MemoryBackend } from '../vfs/backends/memory/index.ts';
import { SqliteBackend } from '../vfs/backends/sqlite/index.ts';
import { copyTree } from '../vfs/extensions/copy-tree.ts';
import { stack, type Layer } from '../vfs/layer.ts';
import { cache } from '../vfs/middleware/cache.ts';
import { overlay } from '../vfs/middleware/overlay.ts';
import { ROOT, vfsPath, type VfsPath } from '../vfs/path.ts';
import { median } from './statistics.ts';

/** What resolving six names may cost on SQLite, in microseconds of processor. */
const CEILING = 60;
const ROUNDS = 9;
const DEEP = '/a/b/c/d/e/f';
const NAMES = 100_000;
const PAGE = 1000;
/** By how much the heap may grow between the first pages of a listing and the last. */
const GROWTH = 2 * 2 ** 20;
const FILES = 1000;
const FILE_BYTES = 16_384;

type Work = () => Promise<unknown>;

/** Microseconds of processor a call. */
async function time(calls: number, work: Work): Promise<number> {
  const begun = process.cpuUsage();
  for (let count = 0; count < calls; count++) await work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / calls;
}

/** All in turn in each round, so that what disturbs one disturbs all. Medians; the first round is left out. */
async function compare(works: Readonly<Record<string, Work>>, calls: number): Promise<Map<string, number>> {
  const times = new Map(Object.keys(works).map((what) => [what, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [what, work] of Object.entries(works)) times.get(what)?.push(await time(calls, work));
  return new Map([...times].map(([what, all]) => [what, median(all.slice(1))]));
}

function say(title: string, times: Map<string, number>, unit = 'µs'): void {
  const [first = Number.NaN] = times.values();
  console.log(`\n${title}`);
  for (const [what, value] of times)
    console.log(
      `  ${what.padEnd(52)}${value.toFixed(1).padStart(12)} ${unit}${(value / first).toFixed(2).padStart(9)}`,
    );
}

async function putFile(storage: VfsBackend, path: VfsPath, bytes = FILE_BYTES): Promise<void> {
  const handle = await storage.open(path, { access: 'w', create: 'if-missing' }, 0o644, {});
  await storage.write(handle, 0, new Uint8Array(bytes).fill(1), {});
  await storage.close(handle, {});
}

async function makeDeep(storage: VfsBackend): Promise<void> {
  for (let end = 2; end < DEEP.length; end += 2) await storage.mkdir(vfsPath(DEEP.slice(0, end)), 0o755, {});
  await putFile(storage, vfsPath(DEEP));
}

async function resolving(directory: string): Promise<boolean> {
  const host = join(directory, 'host');
  await mkdir(join(host, DEEP, '..'), { recursive: true });
  await writeFile(join(host, DEEP), '');
  const [memory, sqlite] = [new MemoryBackend(), await SqliteBackend.open(join(directory, 'deep.db'))];
  for (const storage of [memory, sqlite]) await makeDeep(storage);
  const path = vfsPath(DEEP);
  const times = await compare(
    {
      "node:fs/promises' lstat": () => lstat(join(host, DEEP)),
      'SQLite: lstat': () => sqlite.lstat(path, {}),
      'SQLite: resolve': () => sqlite.resolve(path, 'follow', {}),
      'memory: resolve': () => memory.resolve(path, 'follow', {}),
    },
    5000,
  );
  await sqlite.dispose();
  say('A path of six names, a call; and as many times the first', times);
  const cost = times.get('SQLite: resolve') ?? Number.NaN;
  console.log(`  resolving on SQLite: ${cost.toFixed(1)} µs; the ceiling is ${CEILING} µs.`);
  return cost <= CEILING;
}

/** Bytes in use after everything that can go has gone. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}

async function listing(directory: string): Promise<boolean> {
  const lower = await SqliteBackend.open(join(directory, 'names.db'));
  for (let index = 0; index < NAMES; index++) {
    const path = vfsPath(`/n${String(index).padStart(6, '0')}`);
    await lower.close(await lower.open(path, { access: 'w', create: 'exclusive' }, 0o644, {}), {});
  }
  const upper = new MemoryBackend();
  const merged = await overlay(upper, lower);
  for (let index = 0; index < NAMES; index += 100)
    await merged.unlink(vfsPath(`/n${String(index).padStart(6, '0')}`), {});
  const cached = stack(lower, cache({ bytes: 2 ** 20 }));
  const storages: Readonly<Record<string, VfsBackend>> = {
    SQLite: lower,
    'SQLite under a cache of 1 MiB': cached,
    'an overlay of it with 1,000 whiteouts': merged,
  };
  let isFlat = true;
  const times = new Map<string, number>();
  for (const [what, storage] of Object.entries(storages)) {
    const { perEntry, growth } = await list(storage);
    times.set(`${what}, grown by ${(growth / 1024).toFixed(0)} KiB`, perEntry);
    isFlat &&= growth <= GROWTH;
  }
  say(`A listing of ${NAMES} names in pages of ${PAGE}, an entry`, times);
  console.log(`  grown from the tenth page to the last; the ceiling is ${GROWTH / 1024} KiB.`);
  await merged.dispose();
  await lower.dispose();
  return isFlat;
}

async function list(storage: VfsBackend): Promise<{ perEntry: number; growth: number }> {
  const begun = process.cpuUsage();
  let [count, pages, early, checking] = [0, 0, 0, 0];
  for (let after: string | undefined; ;) {
    const page = await storage.readdir(ROOT, { after, limit: PAGE }, {});
    count += page.length;
    if (++pages === 10) {
      const before = process.cpuUsage();
      early = heap();
      const { user, system } = process.cpuUsage(before);
      checking = user + system;
    }
    if (page.length < PAGE) break;
    after = page.at(-1)?.name;
  }
  const { user, system } = process.cpuUsage(begun);
  return { perEntry: (user + system - checking) / count, growth: heap() - early };
}

async function overlays(directory: string): Promise<void> {
  const lower = await SqliteBackend.open(join(directory, 'lower.db'));
  await lower.mkdir(vfsPath('/d'), 0o755, {});
  for (let index = 0; index < FILES; index++) await putFile(lower, vfsPath(`/d/${index}`));
  const storage = await overlay(await SqliteBackend.open(join(directory, 'upper.db')), lower);
  await putFile(storage, vfsPath('/d/1'));
  await putFile(storage, vfsPath('/new'));
  const look = (of: VfsBackend, path: string): Work => {
    const checked = vfsPath(path);
    return () => of.lstat(checked, {});
  };
  say(
    'An overlay of SQLite over SQLite: lstat, a call; and as many times the first',
    await compare(
      {
        'the lower store alone': look(lower, '/d/0'),
        'of what is below': look(storage, '/d/0'),
        'of what was copied up': look(storage, '/d/1'),
        'of what was made': look(storage, '/new'),
      },
      3000,
    ),
  );
  let copies = 0;
  const begin = async (work: (copy: VfsBackend) => Promise<unknown>): Promise<void> => {
    const copy = await SqliteBackend.open(join(directory, `copy${copies++}.db`));
    await work(copy);
    await copy.dispose();
  };
  const change = async (of: VfsBackend): Promise<void> => {
    await putFile(of, vfsPath('/d/7'));
    await of.rename(vfsPath('/d'), vfsPath('/e'), { replace: false }, {});
  };
  say(
    `A storage of one's own with ${FILES} files of ${FILE_BYTES} bytes: to begin it, write one file and rename all`,
    await compare(
      {
        'copied, by copyTree': () =>
          begin(async (copy) => {
            await copyTree(lower, vfsPath('/d'), copy, vfsPath('/d'));
            await change(copy);
          }),
        'an overlay': () => begin(async (copy) => change(await overlay(copy, lower))),
      },
      1,
    ),
  );
  await storage.dispose();
  await lower.dispose();
}

/** A storage whose answers take a while. */
function slow(milliseconds: number): Layer {
  return (next) => async (call) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return next(call);
  };
}

async function caches(): Promise<void> {
  const memory = new MemoryBackend();
  await makeDeep(memory);
  const [path, session] = [vfsPath(DEEP), {}];
  const known = stack(memory, cache());
  const handles = {
    bare: await memory.open(path, { access: 'r' }, 0, session),
    known: await known.open(path, { access: 'r' }, 0, session),
  };
  say(
    'A cache that knows the answer, over memory: a call; and as many times the first',
    await compare(
      {
        'memory: lstat': () => memory.lstat(path, session),
        'cached: lstat': () => known.lstat(path, session),
        'cached: resolve': () => known.resolve(path, 'follow', session),
        'memory: read of 4 KiB': () => memory.read(handles.bare, 0, 4096, session),
        'cached: read of 4 KiB': () => known.read(handles.known, 0, 4096, session),
      },
      5000,
    ),
  );
  const work = async (storage: VfsBackend): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) {
      await storage.resolve(path, 'follow', {});
      const handle = await storage.open(path, { access: 'r' }, 0, {});
      for (let position = 0; position < FILE_BYTES; position += 1024)
        await storage.read(handle, position, 1024, {});
      await storage.close(handle, {});
    }
  };
  const times = new Map<string, number>();
  for (const [what, layers] of [
    ['without a cache', [slow(1)]],
    ['with one that is empty at first', [cache(), slow(1)]],
  ] as const) {
    const begun = performance.now();
    await work(stack(memory, ...layers));
    times.set(what, performance.now() - begun);
  }
  say('Ten readings of a file in 16 pieces, where each answer takes 1 ms: time that passes', times, 'ms');
}

const directory = await mkdtemp(join(tmpdir(), 'anyfs-bench-'));
try {
  const isFast = await resolving(directory);
  const isFlat = await listing(directory);
  await overlays(directory);
  await caches();
  if (!isFast || !isFlat) process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true });
}
