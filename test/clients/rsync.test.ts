import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { describeTree, noise } from '../support/local-tree.ts';
import { sshOptions } from '../support/login.ts';
import { requireProgram } from '../support/require-program.ts';
import { runProgram, type Finished } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const QUOTA = 4 * 1024 * 1024;

describe('the rsync client', function () {
  this.timeout(60_000);
  before(function () {
    requireProgram(this, 'rsync');
  });
  const server = clientServer({ alice: {}, small: { flags: ['--quota', '4MiB'] } });
  const directory = temporaryDirectory();
  const local = (name: string): string => join(directory(), name);

  /** `:` before a path stands for the account's storage. */
  async function rsync(user: string, ...args: string[]): Promise<Finished> {
    return runProgram('rsync', wordsFor(user, args), { cwd: directory() });
  }

  function wordsFor(user: string, args: readonly string[]): string[] {
    const login = server().login(user);
    const shell = ['ssh', '-p', String(login.port), ...sshOptions(login)].join(' ');
    const remote = `${login.user}@${login.host}:`;
    return ['-e', shell, ...args.map((path) => path.replace(/^:/, remote))];
  }

  function makeTree(): void {
    mkdirSync(local('tree/inner'), { recursive: true });
    writeFileSync(local('tree/inner/file'), noise(700_000), { mode: 0o640 });
    writeFileSync(local('tree/empty'), '');
    symlinkSync('empty', local('tree/link'));
    for (const name of ['tree/inner/file', 'tree/empty'])
      utimesSync(local(name), 1_111_111_111, 1_222_222_222);
  }

  it('sends a tree, finds nothing to do the second time, and brings it back', async () => {
    makeTree();
    expect(await rsync('alice', '-ai', 'tree/', ':there/')).to.include({ status: 0, stderr: '' });
    expect(await rsync('alice', '-ai', 'tree/', ':there/')).to.include({ status: 0, stdout: '', stderr: '' });
    expect(await rsync('alice', '-a', ':there/', 'back')).to.include({ status: 0, stderr: '' });
    const facts = (name: string): string[] =>
      describeTree(local(name), (stats) =>
        stats.isFile() ? `${stats.mode.toString(8)} ${stats.mtimeMs}` : '',
      );
    expect(facts('back')).to.deep.equal(facts('tree'));
  });

  it('sends only what has changed of a file', async () => {
    makeTree();
    await rsync('alice', '-a', 'tree/', ':delta/');
    const bytes = readFileSync(local('tree/inner/file'));
    bytes.fill(0, 300_000, 300_100);
    writeFileSync(local('tree/inner/file'), bytes);
    const { stdout } = await rsync('alice', '-a', '--stats', 'tree/', ':delta/');
    const [, literal = ''] = /Literal data: ([\d,]+) bytes/.exec(stdout) ?? [];
    expect(Number(literal.replaceAll(',', ''))).to.be.within(100, 2 * 840);
    await rsync('alice', '-a', ':delta/', 'back');
    expect(readFileSync(local('back/inner/file')).equals(bytes)).to.equal(true);
  });

  it('tells of each file that the quota has no room for, and goes on', async () => {
    mkdirSync(local('tree'));
    writeFileSync(local('tree/a-large'), noise(QUOTA + 1));
    writeFileSync(local('tree/b-large'), noise(QUOTA + 1));
    writeFileSync(local('tree/c-small'), 'fits');
    const finished = await rsync('small', '-a', 'tree/', ':');
    expect(finished.status).to.equal(23);
    expect(finished.stderr.match(/large" failed: .*quota/gi)).to.have.length(2);
    await rsync('small', '-a', ':', 'back');
    expect(describeTree(local('back')).map((line) => line.split(' ')[0])).to.deep.equal(['c-small']);
  });

  it('takes names with blanks and quotes, and globs on the remote side', async () => {
    mkdirSync(local('tree'));
    for (const name of ["a b's", 'star*', 'x1.txt', 'x2.txt']) writeFileSync(local(`tree/${name}`), name);
    expect(await rsync('alice', '-a', 'tree/', ':odd names/')).to.include({ status: 0 });
    expect(await rsync('alice', '-a', ':odd names/x*.txt', 'back/')).to.include({ status: 0 });
    expect(await rsync('alice', '-as', ":odd names/a b's", 'back/')).to.include({ status: 0 });
    expect(describeTree(local('back')).length).to.equal(3);
  });

  it('is told which option is not served', async () => {
    const finished = await rsync('alice', '-a', '--iconv=utf8,latin1', ':', 'back');
    expect(finished.status).to.equal(4);
    expect(finished.stderr).to.contain('--iconv');
  });

  describe('killed in mid-transfer', () => {
    const OLD = noise(300_000);
    const NEW = noise(3_000_000);

    /** Puts an older file there, kills `rsync` and its `ssh` when a part of the new one has gone, and waits until the server has noticed. */
    async function killedPush(place: string, ...options: string[]): Promise<void> {
      mkdirSync(local(place));
      writeFileSync(local(`${place}/file`), OLD);
      await rsync('alice', '-a', `${place}/`, `:${place}/`);
      writeFileSync(local(`${place}/file`), NEW);
      await kill('-a', '--no-whole-file', ...options, `${place}/`, `:${place}/`);
      await until(
        'the server has let go of it',
        async () => !(await names(place)).some((name) => /^\.file\.\w{6}$/.test(name)),
      );
    }

    async function kill(...args: string[]): Promise<void> {
      const words = wordsFor('alice', ['--bwlimit=500', '--info=progress2', ...args]);
      const child = spawn('rsync', words, {
        cwd: directory(),
        detached: true,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const ended = once(child, 'close');
      let said = '';
      child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
      await until('a part has gone', () => /\s[1-8]\d%/.test(said));
      process.kill(-(child.pid as number), 'SIGKILL');
      expect((await ended)[1]).to.equal('SIGKILL');
    }

    async function names(place: string, inside = ''): Promise<string[]> {
      const { stdout } = await rsync('alice', '--list-only', `:${place}/${inside}`);
      return stdout
        .split('\n')
        .flatMap((line) => line.split(' ').slice(-1))
        .filter((name) => name !== '' && name !== '.');
    }

    async function content(path: string): Promise<Buffer> {
      expect(await rsync('alice', '-a', `:${path}`, 'fetched')).to.include({ status: 0, stderr: '' });
      return readFileSync(local('fetched'));
    }

    /** The same again, to its end: how many bytes of content went. */
    async function again(place: string, ...options: string[]): Promise<number> {
      const { status, stdout } = await rsync(
        'alice',
        '-a',
        '--no-whole-file',
        '--stats',
        ...options,
        `${place}/`,
        `:${place}/`,
      );
      expect(status).to.equal(0);
      expect((await content(`${place}/file`)).equals(NEW)).to.equal(true);
      expect(await names(place)).to.deep.equal(['file']);
      const [, literal = ''] = /Literal data: ([\d,]+) bytes/.exec(stdout) ?? [];
      return Number(literal.replaceAll(',', ''));
    }

    it('leaves the old file and nothing else', async () => {
      await killedPush('plain');
      expect(await names('plain')).to.deep.equal(['file']);
      expect((await content('plain/file')).equals(OLD)).to.equal(true);
      expect(await again('plain')).to.be.within(2_900_000, NEW.length);
    });

    it('leaves the part in place of the old file with --partial, and goes on from it', async () => {
      await killedPush('partial', '--partial');
      const part = await content('partial/file');
      expect(part.length).to.be.within(100_000, NEW.length - 1);
      expect(part.equals(NEW.subarray(0, part.length))).to.equal(true);
      expect(await again('partial', '--partial')).to.be.within(1, NEW.length - part.length + 4096);
    });

    it('leaves the part beside the old file with --partial-dir, and goes on from it', async () => {
      await killedPush('beside', '--partial-dir=.parts');
      expect(await names('beside')).to.have.members(['.parts', 'file']);
      expect((await content('beside/file')).equals(OLD)).to.equal(true);
      const part = await content('beside/.parts/file');
      expect(part.length).to.be.within(100_000, NEW.length - 1);
      expect(part.equals(NEW.subarray(0, part.length))).to.equal(true);
      expect(await again('beside', '--partial-dir=.parts')).to.be.within(1, NEW.length - part.length + 4096);
    });

    it('as a pull leaves the server as it was, and nothing of the session', async () => {
      mkdirSync(local('pulled'));
      writeFileSync(local('pulled/file'), NEW);
      await rsync('alice', '-a', 'pulled/', ':pulled/');
      await kill('-a', ':pulled/', 'fetched-part/');
      expect(await names('pulled')).to.deep.equal(['file']);
      expect((await content('pulled/file')).equals(NEW)).to.equal(true);
    });
  });
});
