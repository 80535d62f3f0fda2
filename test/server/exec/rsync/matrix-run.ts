import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
  type BigIntStats,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { HostBackend } from '../../../../vfs/backends/host/index.ts';
import { runProgram } from '../../../support/run-program.ts';
import { ACCOUNT, startRsyncRemote, type RsyncRemote } from '../../../support/rsync-remote.ts';
import type { Direction, OptionSet, Start } from './option-sets.ts';
import { buildNewTree, buildOldTree } from './trees.ts';

export interface Case {
  readonly set: OptionSet;
  readonly protocol: number;
  readonly direction: Direction;
  readonly start: Start;
  /** Whether the remote side is that of an account without the superuser's rights. */
  readonly ordinary: boolean;
}

/** An account's number that is nobody's. */
export const ORDINARY = 54_321;
/** What an ordinary account finds owned by another one. */
const FOREIGN = ['small', 'dir-a', 'a-b', 'a.b', 'mid.bin', 'dir/b.txt'];
/** What of it no other account may look into. */
const CLOSED = 'a.b';

/** What one run of the client came to. */
export interface Outcome {
  readonly said: readonly string[];
  readonly status: number | null;
  readonly tree: readonly string[];
}

/** Trees that are made once, and a remote side of each kind. */
export class Matrix {
  readonly directory = mkdtempSync(join(tmpdir(), 'anyfs-matrix-'));
  readonly #remotes: RsyncRemote[] = [];
  #backend: VfsBackend | undefined;
  #runs = 0;

  async start(): Promise<void> {
    for (const name of ['new', 'old']) mkdirSync(join(this.directory, name));
    buildNewTree(join(this.directory, 'new'));
    buildOldTree(join(this.directory, 'old'), join(this.directory, 'new'));
    this.#backend = await HostBackend.open(this.directory);
    const ordinary = { ...ACCOUNT, uid: ORDINARY, gid: ORDINARY, superuser: false };
    for (const account of [ACCOUNT, ordinary])
      this.#remotes.push(await startRsyncRemote(this.#backend, { account }));
    chmodSync(this.directory, 0o755);
    writeFileSync(join(this.directory, 'list'), 'one\ndir/sub/\na b missing\nodd/a blank\na/c\n');
    for (const [name, as] of [
      ['real', ''],
      ['real-ordinary', `setpriv --reuid=${ORDINARY} --regid=${ORDINARY} --clear-groups`],
    ] as const)
      writeFileSync(join(this.directory, name), `#!/bin/sh\nshift\ncd "$REMOTE_HOME" && eval "${as} $*"\n`, {
        mode: 0o755,
      });
  }

  async stop(): Promise<void> {
    await this.#backend?.dispose();
    for (const remote of this.#remotes) await remote.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The same command against rsync's own server and ours. */
  async both(one: Case): Promise<{ readonly real: Outcome; readonly ours: Outcome }> {
    const [real, ours] = await Promise.all([this.#run(one, 'real'), this.#run(one, 'ours')]);
    const remote = this.#remoteFor(one);
    await remote.idle();
    const alarms = remote.log.alarms.splice(0);
    if (alarms.length > 0) throw new Error(`the server logged ${inspect(alarms, { depth: 6 })}`);
    return { real, ours };
  }

  #remoteFor({ ordinary }: Case): RsyncRemote {
    return this.#remotes[ordinary ? 1 : 0] as RsyncRemote;
  }

  async #run(one: Case, whose: 'real' | 'ours'): Promise<Outcome> {
    const { set, protocol, direction, start, ordinary } = one;
    // A directory of its own for each run: the store keeps directories open.
    const place = `${whose}-${this.#runs++}`;
    const work = join(this.directory, place);
    const [here, there] = [join(work, 'here'), join(work, 'there')];
    for (const side of [here, there]) mkdirSync(side, { recursive: true });
    const [source, target] = direction === 'push' ? [here, there] : [there, here];
    execFileSync('cp', ['-a', join(this.directory, 'new'), join(source, 'tree')]);
    execFileSync('cp', ['-a', join(this.directory, 'old'), join(target, 'other')]);
    mkdirSync(join(target, 'dest'));
    if (start === 'old') execFileSync('cp', ['-a', `${join(this.directory, 'old')}/.`, join(target, 'dest')]);
    if (ordinary) giveTo(ORDINARY, there);
    if (ordinary && set.closed !== undefined) {
      const closed = join(there, 'dest', set.closed.name);
      chownSync(closed, 0, 0);
      chmodSync(closed, set.closed.mode);
    }
    const real = join(this.directory, ordinary ? 'real-ordinary' : 'real');
    const shell = whose === 'real' ? real : this.#remoteFor(one).shell;
    const home = join(work, 'there');
    const remote = whose === 'real' ? 'host:' : `host:/${place}/there/`;
    const args = this.#arguments({ set, direction, remote });
    const finished = await runProgram('rsync', ['-e', shell, `--protocol=${protocol}`, ...args], {
      cwd: here,
      env: { REMOTE_HOME: home, LC_ALL: 'C' },
      timeout: 30_000,
    });
    const text = (finished.output.toString('latin1') + finished.stderr)
      .replaceAll(`${work}/there/`, '')
      .replaceAll(`/${place}/there/`, '');
    const outcome = {
      // What is said before protocol 29 is the server's own choice of words.
      said: set.silent === true || protocol < 29 ? [] : normalized(text, work),
      status: finished.status,
      tree: [...describe(join(target, 'dest')), ...describe(join(source, 'tree'), 'source ')],
    };
    rmSync(work, { recursive: true });
    return outcome;
  }

  #arguments({ set, direction, remote }: { set: OptionSet; direction: Direction; remote: string }): string[] {
    const sources = (set.sources ?? ['@/']).map((source) => source.replace('@', 'tree'));
    const destination = set.destination ?? 'dest/';
    const options = set.options.map((option) => option.replace('%LIST%', join(this.directory, 'list')));
    return direction === 'push'
      ? [...options, ...sources, `${remote}${destination}`]
      : [...options, ...sources.map((source) => `${remote}${source}`), destination];
  }
}

/** All in a remote side but some. */
function giveTo(uid: number, there: string): void {
  execFileSync('chown', ['-hR', `${uid}:${uid}`, there]);
  for (const tree of ['tree', 'dest'])
    for (const name of FOREIGN) {
      const path = join(there, tree, name);
      if (existsSync(path)) execFileSync('chown', ['-hR', '0:0', path]);
      if (existsSync(path) && tree === 'tree' && name === CLOSED) chmodSync(path, 0o700);
    }
}

/** What ours has otherwise than the real one: `-` lines are the real one's alone, `+` lines ours. */
export function differences({ real, ours }: { readonly real: Outcome; readonly ours: Outcome }): string[] {
  const status = real.status === ours.status ? [] : [`status ${real.status} became ${ours.status}`];
  return [...status, ...changes(real.said, ours.said), ...changes(real.tree, ours.tree)];
}

function changes(real: readonly string[], ours: readonly string[]): string[] {
  const [inReal, inOurs] = [new Set(real), new Set(ours)];
  return [
    ...real.filter((line) => !inOurs.has(line)).map((line) => `- ${line}`),
    ...ours.filter((line) => !inReal.has(line)).map((line) => `+ ${line}`),
  ];
}

/** Lines in order, without what is never the same twice. */
export function normalized(text: string, work: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .replaceAll(work, '')
        .replace(/mkstemp "(.*\/)\.([^/]+)\.\w{6}"/, 'mkstemp "$1$2"')
        .replace(/^(sent|total size is) .*/, '')
        .replace(/\(code \d+\) at .*/, ''),
    )
    .filter(
      (line) =>
        line !== '' &&
        !line.startsWith('sending incremental file list') &&
        !/^(building file list|receiving file list|receiving incremental)/.test(line) &&
        !line.startsWith('rsync error'),
    )
    .sort();
}

/** One line for each name: type, mode, owner, time, content, and which names are one file. */
export function describe(root: string, prefix = ''): string[] {
  const inodes = new Map<bigint, string>();
  const lines: string[] = [];
  const look = (path: Buffer, name: string): void => {
    const stats = lstatSync(path, { bigint: true });
    lines.push(`${prefix}${name} ${facts(path, stats)} ${linked(inodes, stats, name)}`.trimEnd());
    if (!stats.isDirectory()) return;
    for (const child of readdirSync(path, { encoding: 'buffer' }).sort((a, b) => Buffer.compare(a, b)))
      look(Buffer.concat([path, Buffer.from('/'), child]), `${name}/${child.toString('latin1')}`);
  };
  look(Buffer.from(root), '.');
  return lines;
}

function facts(path: Buffer, stats: BigIntStats): string {
  const common = `${stats.mode.toString(8)} ${stats.uid}:${stats.gid} ${time(stats)}`;
  if (stats.isSymbolicLink())
    return `${common} -> ${readlinkSync(path, { encoding: 'buffer' }).toString('latin1')}`;
  if (!stats.isFile()) return common;
  return `${common} ${stats.size} ${createHash('md5').update(readFileSync(path)).digest('hex').slice(0, 8)}`;
}

/** Times of now are not the same twice. */
function time({ mtimeNs }: BigIntStats): string {
  const isNow = Math.abs(Number(mtimeNs / 1_000_000n) - Date.now()) < 3_600_000;
  return isNow ? 'now' : String(mtimeNs);
}

function linked(inodes: Map<bigint, string>, stats: BigIntStats, name: string): string {
  if (stats.nlink < 2n || stats.isDirectory()) return '';
  const first = inodes.get(stats.ino);
  if (first === undefined) inodes.set(stats.ino, name);
  return first === undefined ? 'linked' : `= ${first}`;
}
