import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { ROOT, vfsPath } from '../../../../vfs/path.ts';
import { HostBackend } from '../../../../vfs/backends/host/index.ts';
import { SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import {
  hasXattrs,
  localXattrs,
  setLocalXattrs,
  storedXattrs,
  type Xattrs,
} from '../../../support/local-xattrs.ts';
import { requireProgram, skip } from '../../../support/require-program.ts';
import { runProgram, succeed } from '../../../support/run-program.ts';
import { ACCOUNT, startRsyncRemote, type RsyncRemote } from '../../../support/rsync-remote.ts';
import { normalized } from './matrix-run.ts';

/** Runs rsync's own server as an account that is not the superuser. */
const AS_ORDINARY = 'setpriv --reuid=54321 --regid=54321 --clear-groups';
const SECONDS = 1_600_000_000;
const LONG = 'long '.repeat(20);
const OTHER = 'other '.repeat(500);
const isRoot = process.getuid?.() === 0;

/** Names with what a tree has of them; the same content in both trees unless it says otherwise. */
const NEW: Xattrs = {
  '.': { 'user.top': 'the root' },
  same: { 'user.a': '1', 'user.long': LONG },
  twin: { 'user.a': '1', 'user.long': LONG },
  changed: { 'user.a': '2', 'user.long': OTHER },
  bare: {},
  'read-only': { 'user.a': 'read', 'user.long': `${LONG}!` },
  'edge-32': { 'user.edge': 'x'.repeat(32), 'user.empty': '' },
  'edge-33': { 'user.edge': 'x'.repeat(33) },
  dir: { 'user.a': 'dir', 'user.long': `${LONG} dir` },
  'dir/inside': { 'user.long': OTHER },
  'hard-1': { 'user.a': 'hard', 'user.long': `${LONG} hard` },
  ...(isRoot && { link: { 'trusted.link': LONG }, kept: { 'trusted.a': 'root', 'user.rsync.%own': 'own' } }),
};

const OLD: Xattrs = {
  same: { 'user.a': '1', 'user.long': LONG },
  twin: { 'user.a': '1', 'user.long': OTHER, 'user.gone': 'gone' },
  changed: { 'user.a': 'old', 'user.long': OTHER },
  bare: { 'user.gone': LONG },
  'read-only': { 'user.a': 'old' },
  dir: { 'user.gone': 'gone' },
  'hard-1': { 'user.a': 'hard', 'user.long': LONG },
  ...(isRoot && { link: { 'trusted.link': 'old' } }),
};

const FILES = ['same', 'twin', 'bare', 'kept', 'edge-32', 'edge-33', 'dir/inside', 'hard-1'];

function buildTree(root: string, age: 'new' | 'old'): void {
  mkdirSync(join(root, 'dir'), { recursive: true });
  for (const name of FILES) writeFileSync(join(root, name), name);
  writeFileSync(join(root, 'changed'), `changed ${age}${age === 'old' ? ' before' : ''}`);
  writeFileSync(join(root, 'read-only'), age, { mode: 0o644 });
  execFileSync('ln', ['-s', 'same', join(root, 'link')]);
  // One file in the newer tree alone: of an older one, what is found under one name would hang on how far the other is.
  if (age === 'new') execFileSync('ln', [join(root, 'hard-1'), join(root, 'dir/hard-2')]);
  else writeFileSync(join(root, 'dir/hard-2'), 'hard-1');
  for (const name of [...FILES, 'dir/hard-2', 'changed', 'read-only'])
    utimesSync(join(root, name), SECONDS, SECONDS);
}

/** Both trees are alike in what the attributes would move or forbid. */
function settle(root: string): void {
  execFileSync('chmod', ['444', join(root, 'read-only')]);
  execFileSync('touch', ['-h', '-d', `@${SECONDS}`, join(root, 'link'), join(root, 'dir'), root]);
}

interface Case {
  readonly options: readonly string[];
  /** Default: the newest. */
  readonly protocols?: readonly number[];
  /** Default: an older tree, which asks for more. */
  readonly starts?: readonly string[];
  /** On the remote side; default: who runs the tests. */
  readonly who?: 'an ordinary account';
}

const CASES: readonly Case[] = [
  { options: ['-aiX'], protocols: [30, 31, 32], starts: ['empty', 'old'] },
  { options: ['-aHiX'], protocols: [30, 32] },
  { options: ['-aHiX'], starts: ['empty'] },
  { options: ['-aiX'], starts: ['empty', 'old'], who: 'an ordinary account' },
  { options: ['-aiXX'] },
  { options: ['-aAiX'] },
  { options: ['-aniX'] },
  { options: ['-aciX'] },
  { options: ['-aiiX'] },
  { options: ['-azIiX'] },
  { options: ['-aiX', '--inplace'] },
  { options: ['-aiX', '--delay-updates'] },
  { options: ['-aibX'] },
  { options: ['-aiX', '--filter=-x user.a'] },
  { options: ['-aiX', '--delete', '--filter=-x user.l*'] },
  { options: ['-aiX', '--link-dest=../old'], starts: ['empty'] },
  { options: ['-aiX', '--copy-dest=../old'], starts: ['empty'] },
];

/** rw for the owner, rwx for one more person, r for the group, rwx at most for both of these, r for others (posix_acl_xattr.h). */
const ACCESS_LIST = accessList([1, 6, -1], [2, 7, 54_321], [4, 4, -1], [16, 7, -1], [32, 4, -1]);

function accessList(...entries: readonly (readonly [tag: number, bits: number, id: number])[]): string {
  const bytes = Buffer.alloc(4 + 8 * entries.length);
  bytes.writeUInt32LE(2);
  for (const [index, [tag, bits, id]] of entries.entries()) {
    bytes.writeUInt16LE(tag, 4 + 8 * index);
    bytes.writeUInt16LE(bits, 6 + 8 * index);
    bytes.writeInt32LE(id, 8 + 8 * index);
  }
  return bytes.toString('latin1');
}

/** A number that is nobody's. */
const ORDINARY = 54_321;

interface Outcome {
  readonly said: readonly string[];
  readonly status: number | null;
  readonly xattrs: Xattrs;
}

/** A remote side of each kind, for one account. */
interface Sides {
  /** What `rsync -e` is to run for rsync's own server. */
  readonly real: string;
  readonly ours: RsyncRemote;
  readonly uid: number;
}

describe('rsync with extended attributes, compared with its own server', function () {
  this.timeout(120_000);
  const directory = mkdtempSync(join(tmpdir(), 'anyfs-xattrs-'));
  const sides: Partial<Record<'own' | 'ordinary', Sides>> = {};
  before(async function () {
    requireProgram(this, 'rsync');
    requireProgram(this, 'python3');
    mkdirSync(join(directory, 'empty'));
    if (!(await hasXattrs(directory)))
      skip(this, `the file system of ${directory} has no extended attributes`);
    chmodSync(directory, 0o755);
    for (const age of ['new', 'old'] as const) {
      buildTree(join(directory, age), age);
      await setLocalXattrs(join(directory, age), age === 'new' ? NEW : OLD);
      settle(join(directory, age));
    }
    sides.own = await startSides('real', '', ACCOUNT);
    if (isRoot)
      sides.ordinary = await startSides('real-ordinary', AS_ORDINARY, {
        name: 'alice',
        uid: ORDINARY,
        gid: ORDINARY,
        superuser: false,
        limits: {},
      });
  });
  after(async () => {
    for (const { ours } of Object.values(sides)) await ours.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function startSides(name: string, as: string, account: typeof ACCOUNT): Promise<Sides> {
    const real = join(directory, name);
    writeFileSync(real, `#!/bin/sh\nshift\ncd "$REMOTE_HOME" && eval "${as} $*"\n`, { mode: 0o755 });
    return { real, ours: await startRsyncRemote(new MemoryBackend(), { account }), uid: account.uid };
  }

  /** A storage with copies of local trees; what it has is read before anything is compared with it. */
  async function storageWith(
    { ours, uid }: Sides,
    trees: Readonly<Record<string, string>>,
  ): Promise<VfsBackend> {
    const backend = new MemoryBackend();
    await backend.setstat(ROOT, { uid, gid: uid }, {});
    ours.mount = backend;
    for (const [name, tree] of Object.entries(trees)) {
      await succeed('rsync', ['-aHXX', '-e', ours.shell, `${join(directory, tree)}/`, `host:${name}/`]);
      await ours.idle();
      const local = await localXattrs(join(directory, tree));
      expect(await storedXattrs(backend, `/${name}`)).to.deep.equal(visibleTo({ uid }, local));
    }
    return backend;
  }

  /** `uid`: whose the copies are. */
  function localWith(trees: Readonly<Record<string, string>>, uid: number): string {
    const place = mkdtempSync(join(directory, 'local-'));
    for (const [name, tree] of Object.entries(trees))
      execFileSync('cp', ['-a', join(directory, tree), join(place, name)]);
    if (isRoot) execFileSync('chown', ['-hR', `${uid}:${uid}`, place]);
    return place;
  }

  async function run(
    shell: string,
    cwd: string,
    home: string,
    args: readonly string[],
  ): Promise<Omit<Outcome, 'xattrs'>> {
    const finished = await runProgram('rsync', ['-e', shell, ...args], {
      cwd,
      env: { REMOTE_HOME: home, LC_ALL: 'C' },
    });
    return { said: normalized(finished.stdout + finished.stderr, home), status: finished.status };
  }

  type Both = Record<'real' | 'ours', Outcome>;

  async function push(side: Sides, args: readonly string[], start: string): Promise<Both> {
    const here = localWith({ tree: 'new' }, ACCOUNT.uid);
    const there = localWith({ dest: start, old: 'old' }, side.uid);
    const words = [...args, 'tree/', 'host:dest/'];
    const real = await run(side.real, here, there, words);
    const storage = await storageWith(side, { dest: start, old: 'old' });
    const ours = await run(side.ours.shell, here, there, words);
    await side.ours.idle();
    return {
      // What only a superuser can have had there has not been given to our storage.
      real: { ...real, xattrs: visibleTo(side, await localXattrs(join(there, 'dest'))) },
      ours: { ...ours, xattrs: await storedXattrs(storage, '/dest') },
    };
  }

  async function pull(side: Sides, args: readonly string[], start: string): Promise<Both> {
    const there = localWith({ tree: 'new' }, side.uid);
    await storageWith(side, { tree: 'new' });
    const one = async (shell: string): Promise<Outcome> => {
      const here = localWith({ dest: start, old: 'old' }, ACCOUNT.uid);
      const said = await run(shell, here, there, [...args, 'host:tree/', 'dest/']);
      return { ...said, xattrs: await localXattrs(join(here, 'dest')) };
    };
    return { real: await one(side.real), ours: await one(side.ours.shell) };
  }

  it('takes of an access control list what the mode says', async function () {
    const { own } = sides as { own: Sides };
    const here = localWith({ tree: 'empty' }, ACCOUNT.uid);
    writeFileSync(join(here, 'tree/file'), 'file', { mode: 0o644 });
    try {
      await setLocalXattrs(join(here, 'tree'), { file: { 'system.posix_acl_access': ACCESS_LIST } });
    } catch {
      skip(this, `the file system of ${directory} has no access control lists`);
    }
    const storage = await storageWith(own, {});
    expect(await run(own.ours.shell, here, here, ['-aAX', 'tree/', 'host:dest/'])).to.deep.equal({
      status: 0,
      said: [],
    });
    // Where there is a list, the bits of the group are its mask.
    expect((await storage.lstat(vfsPath('/dest/file'), {})).mode).to.equal(0o674);
    expect(await run(own.ours.shell, here, here, ['-aAX', 'host:dest/', 'tree/'])).to.include({ status: 0 });
    expect(lstatSync(join(here, 'tree/file')).mode & 0o777).to.equal(0o674);
  });

  it('keeps what a storage in a file has when it is opened again', async () => {
    const { own } = sides as { own: Sides };
    const file = join(directory, 'storage.sqlite');
    const storage = await SqliteBackend.open(file);
    await storage.setstat(ROOT, { uid: own.uid, gid: ACCOUNT.gid }, {});
    own.ours.mount = storage;
    await succeed('rsync', ['-aXX', '-e', own.ours.shell, `${join(directory, 'new')}/`, 'host:kept/']);
    await own.ours.idle();
    await storage.dispose();
    const again = await SqliteBackend.open(file);
    try {
      expect(await storedXattrs(again, '/kept')).to.deep.equal(
        visibleTo(own, await localXattrs(join(directory, 'new'))),
      );
    } finally {
      await again.dispose();
    }
  });

  it('tells of a storage that has none, and brings the files', async () => {
    const { own } = sides as { own: Sides };
    const place = mkdtempSync(join(directory, 'host-'));
    const storage = await HostBackend.open(place);
    own.ours.mount = storage;
    const finished = await runProgram('rsync', [
      '-aX',
      '-e',
      own.ours.shell,
      `${join(directory, 'new')}/`,
      'host:',
    ]);
    await own.ours.idle();
    await storage.dispose();
    expect(finished).to.include({ status: 0 });
    expect((finished.stdout + finished.stderr).match(/keeps no extended attributes/g)).to.have.length(1);
    expect(readFileSync(join(place, 'same'), 'utf8')).to.equal('same');
  });

  for (const { options, protocols = [32], starts = ['old'], who } of CASES)
    for (const protocol of protocols)
      for (const start of starts)
        for (const [direction, go] of [
          ['push', push],
          ['pull', pull],
        ] as const)
          it(`${options.join(' ')}: ${direction} onto ${start === 'empty' ? 'nothing' : 'an older tree'} at protocol ${protocol}${who === undefined ? '' : `, ${who}`}`, async function () {
            const side = who === undefined ? sides.own : sides.ordinary;
            if (side === undefined) skip(this, 'who runs the tests is an ordinary account in all of them');
            const { real, ours } = await go(side, [`--protocol=${protocol}`, ...options], start);
            expect(ours).to.deep.equal(real);
            expect(side.ours.log.alarms).to.deep.equal([]);
          });
});

/** What an account's side keeps. */
function visibleTo({ uid }: Pick<Sides, 'uid'>, xattrs: Xattrs): Xattrs {
  if (uid === 0) return xattrs;
  const kept = Object.entries(xattrs).map(([path, all]) => [
    path,
    Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('user.'))),
  ]);
  return Object.fromEntries(kept.filter(([, all]) => Object.keys(all as object).length > 0)) as Xattrs;
}
