import { execFileSync } from 'node:child_process';
import {
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
import { HostBackend } from '../../../../vfs/backends/host/index.ts';
import { runProgram } from '../../../support/run-program.ts';
import { startRsyncRemote, type RsyncRemote } from '../../../support/rsync-remote.ts';
import type { Direction, OptionSet, Start } from './option-sets.ts';
import { buildNewTree, buildOldTree } from './trees.ts';

export interface Case {
  readonly set: OptionSet;
  readonly protocol: number;
  readonly direction: Direction;
  readonly start: Start;
}

/** What one run of the client came to. */
export interface Outcome {
  readonly said: readonly string[];
  readonly status: number | null;
  readonly tree: readonly string[];
}

/** Trees that are made once, and a remote side of each kind. */
export class Matrix {
  readonly directory = mkdtempSync(join(tmpdir(), 'anyfs-matrix-'));
  #remote: RsyncRemote | undefined;
  #runs = 0;

  async start(): Promise<void> {
    for (const name of ['new', 'old']) mkdirSync(join(this.directory, name));
    buildNewTree(join(this.directory, 'new'));
    buildOldTree(join(this.directory, 'old'), join(this.directory, 'new'));
    this.#remote = await startRsyncRemote(await HostBackend.open(this.directory));
    writeFileSync(join(this.directory, 'list'), 'one\ndir/sub/\na b missing\nodd/a blank\na/c\n');
    writeFileSync(join(this.directory, 'real'), '#!/bin/sh\nshift\ncd "$REMOTE_HOME" && eval "$*"\n', {
      mode: 0o755,
    });
  }

  async stop(): Promise<void> {
    await this.#remote?.mount.dispose();
    await this.#remote?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The same command against rsync's own server and ours. */
  async both(one: Case): Promise<{ readonly real: Outcome; readonly ours: Outcome }> {
    const [real, ours] = await Promise.all([this.#run(one, 'real'), this.#run(one, 'ours')]);
    await this.#remote?.idle();
    const alarms = this.#remote?.log.alarms.splice(0) ?? [];
    if (alarms.length > 0) throw new Error(`the server logged ${inspect(alarms, { depth: 6 })}`);
    return { real, ours };
  }

  async #run({ set, protocol, direction, start }: Case, whose: 'real' | 'ours'): Promise<Outcome> {
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
    const shell = whose === 'real' ? join(this.directory, 'real') : (this.#remote as RsyncRemote).shell;
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
