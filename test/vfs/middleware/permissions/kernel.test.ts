import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import type { OpenFlags, VfsBackend } from '../../../../vfs/backend.ts';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import { VfsError } from '../../../../vfs/errors.ts';
import { stack } from '../../../../vfs/layer.ts';
import { permissions } from '../../../../vfs/middleware/permissions.ts';
import { resolvePaths } from '../../../../vfs/middleware/resolve-paths.ts';
import type { FileType, Stats } from '../../../../vfs/stats.ts';
import { at, bytesOf, textOf } from '../../../conformance/suite.ts';
import { missing, requireProgram, skip } from '../../../support/require-program.ts';
import { names, put } from '../steps.ts';

const SCRIPT = fileURLToPath(new URL('kernel.py', import.meta.url));
const IDENTITY = { uid: 1000, gid: 1000, groups: [2000] };
const FOLLOW = { follow: true };
const CASES = 300;

type Planted = readonly [
  path: string,
  type: FileType,
  mode: number,
  uid: number,
  gid: number,
  target: string,
];
type Facts = readonly [type: FileType, mode: number, uid: number, gid: number];
type Step = readonly [name: keyof typeof STEPS, ...args: readonly unknown[]];

interface Case {
  readonly tree: readonly Planted[];
  readonly identity: typeof IDENTITY;
  readonly steps: readonly Step[];
}

interface Result {
  readonly outcomes: readonly unknown[];
  readonly tree: Readonly<Record<string, Facts>>;
}

const uid = fc.constantFrom(1000, 1000, 1001, 0);
const gid = fc.constantFrom(1000, 1001, 2000, 0);
const bits = fc.constantFrom(
  0o777,
  0o755,
  0o700,
  0o750,
  0o711,
  0o733,
  0o555,
  0o500,
  0o070,
  0o007,
  0o111,
  0o444,
  0o000,
);
const directoryMode = fc
  .tuple(bits, fc.constantFrom(0, 0, 0, 0o1000, 0o2000))
  .map(([low, high]) => low | high);
const setId = fc.constantFrom(0, 0, 0o4000, 0o2000, 0o6000);
const plainFileMode = fc.constantFrom(0o644, 0o600, 0o666, 0o400, 0o200, 0o060, 0o006, 0o000, 0o777, 0o676);
const fileMode = fc.tuple(plainFileMode, setId).map(([low, high]) => low | high);

const SHAPE: readonly (readonly [path: string, type: FileType, target?: string])[] = [
  ['/', 'directory'],
  ['/a', 'directory'],
  ['/a/b', 'directory'],
  ['/c', 'directory'],
  ['/c/empty', 'directory'],
  ['/a/f', 'file'],
  ['/a/b/g', 'file'],
  ['/c/h', 'file'],
  ['/t', 'file'],
  ['/l', 'symlink', 'a/f'],
  ['/a/m', 'symlink', '../c'],
  ['/c/n', 'symlink', 'none'],
];

const tree: fc.Arbitrary<readonly Planted[]> = fc.tuple(
  ...SHAPE.map(([path, type, target]) =>
    fc
      .tuple(type === 'directory' ? directoryMode : fileMode, uid, gid)
      .map(([mode, owner, group]): Planted => [path, type, mode, owner, group, target ?? '']),
  ),
);

const path = fc.constantFrom(...SHAPE.map(([name]) => name), '/a/new', '/c/new', '/a/b/new', '/new', '/a/m/new', '/a/m/h', '/none/x', '/t/x', '/c/n/x', '/a/b/../f'); // prettier-ignore
/** Not `..` or a link on the way: two of them can say that they are one, which the kernel knows later. */
const plain = fc.constantFrom('/a', '/a/b', '/a/f', '/a/b/g', '/c', '/c/empty', '/c/h', '/t', '/l', '/a/new', '/c/new', '/a/b/new', '/new', '/c/empty/new'); // prettier-ignore
const anyMode = fc.constantFrom(0o777, 0o700, 0o644, 0o000, 0o1777, 0o555);
const step = fc.oneof(
  fc.tuple(
    fc.constantFrom('lstat' as const, 'stat', 'list', 'readlink', 'rmdir', 'unlink', 'symlink', 'utimes'),
    path,
  ),
  fc
    .tuple(
      fc.constant('open' as const),
      path,
      fc.constantFrom('r', 'w', 'rw'),
      fc.constantFrom(null, 'if-missing', 'exclusive'),
      fc.boolean(),
      plainFileMode,
    )
    .filter(([, , access, , truncate]) => access !== 'r' || !truncate),
  fc.tuple(fc.constant('mkdir' as const), path, anyMode),
  fc.tuple(fc.constantFrom('rename' as const, 'link'), plain, plain),
  fc.tuple(fc.constant('chmod' as const), path, anyMode),
  fc
    .tuple(
      fc.constant('chown' as const),
      path,
      fc.constantFrom(-1, 1000, 1001, 0),
      fc.constantFrom(-1, 1000, 2000, 0),
    )
    .filter(([, , owner, group]) => owner >= 0 || group >= 0),
  fc.tuple(fc.constant('truncate' as const), path, fc.constantFrom(0, 3, 100)),
) satisfies fc.Arbitrary<Step>;

const given: fc.Arbitrary<Case> = fc.record({
  tree,
  identity: fc.constant(IDENTITY),
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
});

const follow = fc.boolean();
const attribute = fc.constantFrom(
  'user.x',
  'user.x',
  'user.y',
  'trusted.x',
  'security.x',
  'user.',
  'unknown.x',
);
const attributeStep = fc.oneof(
  fc.tuple(fc.constantFrom('getxattr' as const, 'removexattr'), path, attribute, follow),
  fc.tuple(fc.constant('listxattr' as const), path, follow),
  fc.tuple(
    fc.constant('setxattr' as const),
    path,
    attribute,
    fc.constantFrom('set', 'set', 'create', 'replace'),
    follow,
  ),
  fc.tuple(fc.constant('chmod' as const), path, anyMode),
) satisfies fc.Arbitrary<Step>;

const givenAttributes: fc.Arbitrary<Case> = fc.record({
  tree,
  identity: fc.constant(IDENTITY),
  steps: fc.array(attributeStep, { minLength: 10, maxLength: 40 }),
});

const STEPS = {
  lstat: async (backend: VfsBackend, name: string) => factsOf(await backend.lstat(at(name), {})),
  stat: async (backend: VfsBackend, name: string) => factsOf(await backend.lstat(at(name), FOLLOW)),
  open: async (
    backend: VfsBackend,
    name: string,
    access: OpenFlags['access'],
    create: 'if-missing' | 'exclusive' | null,
    truncate: boolean,
    mode: number,
  ) => {
    const handle = await backend.open(at(name), { access, create: create ?? undefined, truncate }, mode, {});
    if (access !== 'r') await backend.write(handle, 0, new Uint8Array(1), {});
    await backend.close(handle, {});
  },
  list: (backend: VfsBackend, name: string) => names(backend, name),
  readlink: (backend: VfsBackend, name: string) => backend.readlink(at(name), {}),
  mkdir: (backend: VfsBackend, name: string, mode: number) => backend.mkdir(at(name), mode, {}),
  rmdir: (backend: VfsBackend, name: string) => backend.rmdir(at(name), {}),
  unlink: (backend: VfsBackend, name: string) => backend.unlink(at(name), {}),
  rename: (backend: VfsBackend, name: string, to: string) =>
    backend.rename(at(name), at(to), { replace: true }, {}),
  link: (backend: VfsBackend, name: string, to: string) => backend.link(at(name), at(to), {}),
  symlink: (backend: VfsBackend, name: string) => backend.symlink('target', at(name), {}),
  chmod: (backend: VfsBackend, name: string, mode: number) => backend.setstat(at(name), { mode }, FOLLOW),
  chown: (backend: VfsBackend, name: string, owner: number, group: number) =>
    backend.setstat(at(name), { ...(owner >= 0 && { uid: owner }), ...(group >= 0 && { gid: group }) }, {}),
  utimes: (backend: VfsBackend, name: string) => {
    const time = { seconds: 1, nanoseconds: 0 };
    return backend.setstat(at(name), { atime: time, mtime: time }, FOLLOW);
  },
  truncate: (backend: VfsBackend, name: string, size: number) => backend.setstat(at(name), { size }, FOLLOW),
  getxattr: async (backend: VfsBackend, name: string, attribute: string, follow: boolean) =>
    textOf(await backend.getxattr(at(name), attribute, { follow })),
  setxattr: (
    backend: VfsBackend,
    name: string,
    attribute: string,
    mode: 'set' | 'create' | 'replace',
    follow: boolean,
  ) => backend.setxattr(at(name), attribute, bytesOf('v'), mode, { follow }),
  removexattr: (backend: VfsBackend, name: string, attribute: string, follow: boolean) =>
    backend.removexattr(at(name), attribute, { follow }),
  listxattr: (backend: VfsBackend, name: string, follow: boolean) => backend.listxattr(at(name), { follow }),
} as const;

function factsOf({ type, mode, uid: owner, gid: group }: Stats): Facts {
  return [type, mode, owner, group];
}

async function plant(backend: VfsBackend, planted: readonly Planted[]): Promise<void> {
  for (const [name, type, , owner, group, target] of planted) {
    if (type === 'symlink') await backend.symlink(target, at(name), {});
    else if (type === 'file') await put(backend, name, 'content');
    else if (name !== '/') await backend.mkdir(at(name), 0o777, {});
    await backend.setstat(at(name), { uid: owner, gid: group }, {});
  }
  for (const [name, type, mode] of planted)
    if (type !== 'symlink') await backend.setstat(at(name), { mode }, {});
}

async function survey(backend: VfsBackend, name = '/'): Promise<Record<string, Facts>> {
  const stats = await backend.lstat(at(name), {});
  const found: Record<string, Facts> = { [name]: factsOf(stats) };
  if (stats.type !== 'directory') return found;
  for (const child of await names(backend, name))
    Object.assign(found, await survey(backend, `${name === '/' ? '' : name}/${child}`));
  return found;
}

async function runHere({ tree: planted, identity, steps }: Case): Promise<Result> {
  const below = new MemoryBackend();
  await plant(below, planted);
  const above = stack(below, resolvePaths(), permissions(identity));
  const outcomes: unknown[] = [];
  for (const [name, ...args] of steps) {
    const run = STEPS[name] as (backend: VfsBackend, ...args: readonly unknown[]) => Promise<unknown>;
    try {
      outcomes.push((await run(above, ...args)) ?? null);
    } catch (error) {
      if (!(error instanceof VfsError)) throw error;
      outcomes.push(error.code);
    }
  }
  return { outcomes, tree: await survey(below) };
}

/** Where a file would replace a directory that it is in, the kernel looks at that first, and the contract at the types. */
function told(outcome: unknown, [name, from, to]: Step): unknown {
  const isOntoOwnDirectory = name === 'rename' && String(from).startsWith(`${String(to)}/`);
  if (isOntoOwnDirectory && outcome === 'ENOTEMPTY') return 'EISDIR';
  return name === 'lstat' || name === 'stat' ? comparable(outcome as Facts) : outcome;
}

/** The kernel takes set-id bits away from files that their own owner writes, too. */
function comparable(facts: Facts): Facts {
  const [type, mode, owner, group] = facts;
  return type === 'file' && owner === IDENTITY.uid ? [type, mode & 0o777, owner, group] : facts;
}

function everything({ outcomes, tree: left }: Result, steps: readonly Step[]): unknown {
  const facts = Object.entries(left).map(([name, one]) => [name, comparable(one)] as const);
  return {
    outcomes: outcomes.map((outcome, at) => told(outcome, steps[at] as Step)),
    tree: Object.fromEntries(facts),
  };
}

describe("the permissions of Linux's kernel", function () {
  this.timeout(120_000);

  before(function () {
    requireProgram(this, 'python3');
    if (process.getuid?.() !== 0) missing(this, 'only the superuser can become somebody else');
    const protectedLinks = readFileSync('/proc/sys/fs/protected_hardlinks', 'utf8').trim();
    if (protectedLinks !== '1') missing(this, 'fs.protected_hardlinks is off');
  });

  it('are those of the layer, on random trees and programs', () =>
    compareWithKernel(fc.sample(given, CASES)));

  it('are those of the layer for extended attributes too', async function () {
    if (!keepsAttributes(tmpdir())) skip(this, 'the temporary directory keeps no extended attributes');
    await compareWithKernel(fc.sample(givenAttributes, CASES / 3));
  });
});

function keepsAttributes(directory: string): boolean {
  const probe =
    'import os, sys, tempfile; f = tempfile.NamedTemporaryFile(dir=sys.argv[1]); os.setxattr(f.name, "user.x", b"")';
  return spawnSync('python3', ['-c', probe, directory]).status === 0;
}

async function compareWithKernel(cases: readonly Case[]): Promise<void> {
  const { stdout, stderr } = spawnSync('python3', [SCRIPT], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  expect(stderr).to.equal('');
  const results = JSON.parse(stdout) as readonly Result[];
  for (const [index, one] of cases.entries()) {
    const kernel = results[index] as Result;
    const ours = await runHere(one);
    expect(everything(ours, one.steps), JSON.stringify(one)).to.deep.equal(everything(kernel, one.steps));
  }
}
