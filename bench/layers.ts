import { MemoryBackend } from '../vfs/backends/memory/index.ts';
import type { CallContext, Handle, VfsBackend } from '../vfs/backend.ts';
import { stack, type Layer } from '../vfs/layer.ts';
import { denyOverwrite } from '../vfs/middleware/deny-overwrite.ts';
import { allowedNames } from '../vfs/middleware/name-rules.ts';
import { pathFilter } from '../vfs/middleware/path-filter.ts';
import { permissions } from '../vfs/middleware/permissions.ts';
import { quota } from '../vfs/middleware/quota.ts';
import { rateLimit } from '../vfs/middleware/rate-limit.ts';
import { readOnly } from '../vfs/middleware/read-only.ts';
import { resolvePaths } from '../vfs/middleware/resolve-paths.ts';
import { denySymlinks } from '../vfs/middleware/restrictions.ts';
import { changeFeed } from '../vfs/middleware/changes.ts';
import { tracing } from '../vfs/middleware/tracing.ts';
import { ROOT, unresolved, type VfsPath } from '../vfs/path.ts';
import { median } from './statistics.ts';

const CALLS = 20_000;
const ROUNDS = 21;
const RATE = { perSecond: 1e15 };
const ALICE = { uid: 10_000, gid: 10_000 };
/** What a stack of eight layers that pass everything on may add to a call, in microseconds. */
const CEILING = 2;

const limits = { bytes: 2 ** 50, inodes: 2 ** 40 };
const BARE = 'the bare backend';
const EIGHT = 'eight that pass it on';
const nothing = (): void => {};
const pass: Layer = (next) => (call) => next(call);

const STACKS: Readonly<Record<string, () => readonly Layer[]>> = {
  [BARE]: () => [],
  'a layer that does nothing': () => [pass],
  resolvePaths: () => [resolvePaths()],
  'permissions of a superuser': () => [permissions({ ...ALICE, superuser: true })],
  permissions: () => [permissions(ALICE)],
  'pathFilter, two rules': () => [pathFilter([{ deny: '*.key' }, { allow: '/a' }])],
  allowedNames: () => [allowedNames('**')],
  denySymlinks: () => [denySymlinks()],
  denyOverwrite: () => [denyOverwrite()],
  readOnly: () => [readOnly()],
  'rateLimit, three rates': () => [rateLimit({ operations: RATE, bytesRead: RATE, bytesWritten: RATE })],
  quota: () => [quota(limits)],
  tracing: () => [tracing(nothing)],
  changeFeed: () => [changeFeed().layer],
  'eight that do nothing': () => Array.from({ length: 8 }, () => pass),
  [EIGHT]: () => [
    resolvePaths(),
    permissions({ ...ALICE, superuser: true }),
    denySymlinks(),
    denyOverwrite(),
    allowedNames('**'),
    rateLimit({ operations: RATE }),
    quota(limits),
    tracing(nothing),
  ],
  "an account's mount": () => [resolvePaths(), permissions(ALICE), quota(limits), tracing(nothing)],
};

/** Calls that none of the stacks refuses. */
const CALLS_OF: Readonly<
  Record<string, (backend: VfsBackend, file: Opened, ctx: CallContext) => Promise<unknown>>
> = {
  lstat: (backend, { path }, ctx) => backend.lstat(path, ctx),
  'lstat, six deep': (backend, { deep }, ctx) => backend.lstat(deep, ctx),
  fstat: (backend, { handle }, ctx) => backend.fstat(handle, ctx),
  'read of 4 KiB': (backend, { handle }, ctx) => backend.read(handle, 0, 4096, ctx),
};

interface Opened {
  readonly path: VfsPath;
  readonly deep: VfsPath;
  readonly handle: Handle;
}

async function prepare(backend: VfsBackend): Promise<Opened> {
  await backend.setstat(ROOT, ALICE, {});
  const owner = { owner: ALICE };
  let deep = ROOT;
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    deep = unresolved(`${deep === ROOT ? '' : deep}/${name}`);
    await backend.mkdir(deep, 0o755, owner);
  }
  const paths = { path: unresolved('/a/f'), deep: unresolved(`${deep}/f`) };
  for (const path of Object.values(paths)) {
    const handle = await backend.open(path, { access: 'w', create: 'exclusive' }, 0o644, owner);
    await backend.write(handle, 0, new Uint8Array(8192), {});
    await backend.close(handle, {});
  }
  return { ...paths, handle: await backend.open(paths.path, { access: 'r' }, 0, {}) };
}

/** Microseconds of processor a call, which others on the machine disturb less than the time that passes. */
async function time(call: () => Promise<unknown>): Promise<number> {
  const begun = process.cpuUsage();
  for (let count = 0; count < CALLS; count++) await call();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / CALLS;
}

/** All stacks in turn in each round, so that what disturbs one disturbs all. Answers medians. */
async function measure(name: string): Promise<Map<string, number>> {
  const backend = new MemoryBackend();
  const opened = await prepare(backend);
  const ctx = { session: 'bench' };
  const call = CALLS_OF[name] as (typeof CALLS_OF)[string];
  const stacks = Object.entries(STACKS).map(([what, layers]) => [what, stack(backend, ...layers())] as const);
  const times = new Map(stacks.map(([what]) => [what, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [what, above] of stacks) times.get(what)?.push(await time(() => call(above, opened, ctx)));
  }
  return new Map([...times].map(([what, all]) => [what, median(all.slice(1))]));
}

function table(results: readonly Map<string, number>[]): string {
  const rows = Object.keys(STACKS).map((what) => {
    const cells = results.map((times) => {
      const own = times.get(what) ?? Number.NaN;
      return what === BARE ? own : own - (times.get(BARE) ?? Number.NaN);
    });
    return what.padEnd(28) + cells.map((cell) => cell.toFixed(2).padStart(16)).join('');
  });
  const title =
    ''.padEnd(28) +
    Object.keys(CALLS_OF)
      .map((name) => name.padStart(16))
      .join('');
  return [title, ...rows].join('\n');
}

const results: Map<string, number>[] = [];
for (const name of Object.keys(CALLS_OF)) results.push(await measure(name));
const added = results.map((times) => (times.get(EIGHT) ?? Number.NaN) - (times.get(BARE) ?? Number.NaN));
const most = Math.max(...added);

console.log('Microseconds of processor that layers add to a call on the memory backend;');
console.log(`medians of ${ROUNDS - 1} rounds of ${CALLS} calls, all stacks in turn in each round.\n`);
console.log(table(results));
console.log(`\n${EIGHT}: ${most.toFixed(2)} µs at most; the ceiling is ${CEILING} µs.`);
if (!(most <= CEILING)) process.exitCode = 1;
