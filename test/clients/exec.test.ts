import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { clientServer } from '../support/client-server.ts';
import { describeTree, noise } from '../support/local-tree.ts';
import { sshOptions } from '../support/login.ts';
import { plink } from '../support/putty.ts';
import { residentBytes } from '../support/processes.ts';
import { requireProgram } from '../support/require-program.ts';
import { runProgram, succeed, type Finished, type RunOptions } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const HUGE = 5 * 1024 ** 3;

describe('commands by ssh and plink, without a shell', function () {
  this.timeout(60_000);
  before(function () {
    for (const program of ['ssh', 'plink', 'puttygen', 'tar', 'scp'] as const) requireProgram(this, program);
  });
  const server = clientServer({ alice: { flags: ['--shell', 'off'] } });
  const directory = temporaryDirectory();
  const local = (name: string): string => join(directory(), name);

  function ssh(line: string, options: RunOptions = {}, ...flags: string[]): Promise<Finished> {
    const login = server().login('alice');
    const destination = `${login.user}@${login.host}`;
    return runProgram(
      'ssh',
      ['-p', String(login.port), ...sshOptions(login), ...flags, destination, line],
      options,
    );
  }

  it('give their output, what is wrong, and their status', async () => {
    expect(await ssh('echo hello; exit 7')).to.include({ status: 7, stdout: 'hello\n', stderr: '' });
    expect(await ssh('cat missing')).to.include({
      status: 1,
      stderr: 'cat: missing: No such file or directory\n',
    });
    expect(await ssh('nothing')).to.include({ status: 127, stderr: 'nothing: command not found\n' });
    expect(await plink(server().login('alice'), 'echo hello; exit 7')).to.include({
      status: 7,
      stdout: 'hello\n',
    });
  });

  it('take input and give bytes as they are', async () => {
    const bytes = noise(3_000_000);
    const back = await ssh('cat', { input: bytes });
    expect(back.output.equals(bytes)).to.equal(true);
    expect((await ssh('cat -', { input: '' })).stdout).to.equal('');
  });

  it('carry a tree by tar there and back', async () => {
    mkdirSync(local('tree/dir'), { recursive: true });
    writeFileSync(local('tree/dir/file'), noise(500_000));
    writeFileSync(local('tree/script'), '#!/bin/sh\n');
    chmodSync(local('tree/script'), 0o755);
    symlinkSync('dir/file', local('tree/link'));
    for (const name of ['tree/dir/file', 'tree/script', 'tree/dir'])
      utimesSync(local(name), 1_111_111_111, 1_111_111_111);
    const packed = await succeed('tar', ['czf', '-', '-C', local('tree'), '.']);
    expect(await ssh('mkdir there && tar xzf - -C there', { input: packed.output })).to.include({
      status: 0,
      stderr: '',
    });
    const back = await ssh('cd there && tar cz .');
    mkdirSync(local('back'));
    await succeed('tar', ['xzpf', '-', '-C', local('back')], { input: back.output });
    const facts = (name: string): string[] =>
      describeTree(
        local(name),
        (stats) => `${(stats.mode & 0o777).toString(8)} ${stats.isSymbolicLink() ? '' : stats.mtimeMs}`,
      );
    const old = (lines: string[]): string[] =>
      lines.filter((line) => line.includes('1111111111000') || line.includes('->'));
    expect(old(facts('back'))).to.deep.equal(old(facts('tree')));
    expect(old(facts('back'))).to.have.length(4);
  });

  it('answer at once about a file of 5 GiB, and scp -O sends it in constant memory', async () => {
    const login = server().login('alice');
    // A hole, made by a tar that says so.
    writeFileSync(local('huge'), '');
    truncateSync(local('huge'), HUGE);
    const packed = await succeed('tar', ['cSf', '-', '-C', directory(), 'huge']);
    expect(await ssh('tar x', { input: packed.output })).to.include({ status: 0, stderr: '' });
    expect((await ssh('stat -c %s,%b huge')).stdout).to.equal(`${HUGE},0\n`);
    const started = performance.now();
    expect((await ssh('head -c 10 huge')).output).to.deep.equal(Buffer.alloc(10));
    expect(performance.now() - started).to.be.below(5000);
    const before = residentBytes(server().process().pid);
    const args = [
      '-O',
      '-q',
      '-P',
      String(login.port),
      ...sshOptions(login),
      `alice@${login.host}:huge`,
      '/dev/null',
    ];
    // As much as a minute of a busy machine moves; where it ends earlier, all of it.
    const child = spawn('scp', args, { stdio: 'ignore' });
    await Promise.race([once(child, 'close'), delay(5000)]);
    child.kill('SIGKILL');
    expect(residentBytes(server().process().pid) - before).to.be.below(128 * 1024 * 1024);
  });
});
