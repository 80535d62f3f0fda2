import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { answers, sftp, sshOptions, trySftp } from '../support/login.ts';
import { requireProgram } from '../support/require-program.ts';
import { runProgram, type Finished } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('clients of accounts that are denied something', function () {
  this.timeout(120_000);
  before(function () {
    requireProgram(this, 'sftp');
  });
  const server = clientServer({
    reader: { flags: ['--read-only', 'on'] },
    keeper: { flags: ['--deny', 'remove,rmdir,posix-rename,hardlink,copy-data,statvfs'] },
  });
  const directory = temporaryDirectory();

  before(async () => {
    // A storage is made at the first login.
    for (const account of ['reader', 'keeper']) await sftp(server().login(account), ['pwd']);
  });

  /** Puts a file into a storage from the server's side. */
  const plant = async (account: string, name: string, content: string): Promise<void> => {
    writeFileSync(join(directory(), name), content);
    const { status, stderr } = await server().anyfs(
      'storage',
      'import',
      account,
      join(directory(), name),
      '/',
    );
    expect(status, stderr).to.equal(0);
  };
  const announcedTo = async (account: string): Promise<string[]> => {
    const { stderr } = await sftp(server().login(account), ['pwd'], { args: ['-vvv'] });
    const said = stderr.matchAll(/(?:Server supports|Unrecognised server) extension "([^"]+)"/g);
    return [...said].map(([, name]) => name ?? '').toSorted();
  };
  const attempt = (account: string, ...commands: string[]): Promise<Finished> =>
    trySftp(server().login(account), commands, { cwd: directory() });
  const ssh = (account: string, command: string): Promise<Finished> => {
    const login = server().login(account);
    return runProgram('ssh', [
      '-p',
      String(login.port),
      ...sshOptions(login),
      `${account}@${login.host}`,
      command,
    ]);
  };

  it('sftp is told of no extension that is denied, and falls back or says so', async () => {
    await plant('keeper', 'a', 'first');
    await plant('keeper', 'b', 'second');
    expect(await announcedTo('keeper')).to.deep.equal([
      'expand-path@openssh.com',
      'fstatvfs@openssh.com',
      'fsync@openssh.com',
      'home-directory',
      'limits@openssh.com',
      'lsetstat@openssh.com',
      'users-groups-by-id@openssh.com',
    ]);
    expect((await attempt('keeper', 'rm a')).stderr).to.match(/Permission denied/);
    expect((await attempt('keeper', 'ln a c')).stderr).to.match(/does not support hardlink/);
    expect((await attempt('keeper', 'df')).stderr).to.match(/does not support statvfs/);
    expect((await attempt('keeper', 'rename a b')).status).to.equal(1);
    await sftp(server().login('keeper'), ['rename a c', 'get b fetched'], { cwd: directory() });
    expect(answers(await sftp(server().login('keeper'), ['ls -1 /']))).to.deep.equal(['/b', '/c']);
  });

  it('other ways to the same storage are denied the same', async () => {
    await plant('keeper', 'kept', 'kept');
    for (const command of ['rm /kept', 'ln /kept /again', 'touch /over; mv /over /kept']) {
      const { status, stderr } = await ssh('keeper', command);
      expect(status, command).not.to.equal(0);
      expect(stderr, command).to.match(/not permitted|not supported|not allowed/i);
    }
    expect((await ssh('keeper', 'cat /kept')).stdout).to.equal('kept');
  });

  it('nothing is changed by an account that only reads, through sftp, scp, rsync or commands', async () => {
    await plant('reader', 'there', 'content');
    expect(await announcedTo('reader')).to.deep.equal([
      'expand-path@openssh.com',
      'fstatvfs@openssh.com',
      'fsync@openssh.com',
      'home-directory',
      'limits@openssh.com',
      'statvfs@openssh.com',
      'users-groups-by-id@openssh.com',
    ]);
    const login = server().login('reader');
    const remote = `reader@${login.host}:/`;
    const shell = ['ssh', '-p', String(login.port), ...sshOptions(login)].join(' ');
    for (const command of ['put there other', 'mkdir d', 'rm there', 'chmod 600 there', 'rename there x'])
      expect((await attempt('reader', command)).status, command).to.equal(1);
    const copies: readonly (readonly [string, ...string[]])[] = [
      ['scp', '-P', String(login.port), ...sshOptions(login), 'there', `${remote}new`],
      ['scp', '-O', '-P', String(login.port), ...sshOptions(login), 'there', `${remote}new`],
      ['rsync', '-a', '-e', shell, 'there', `${remote}new`],
    ];
    for (const [program, ...args] of copies) {
      const { status } = await runProgram(program, args, { cwd: directory() });
      expect(status, `${program} ${args[0]}`).not.to.equal(0);
    }
    expect((await ssh('reader', 'touch /new')).status).not.to.equal(0);
    expect((await ssh('reader', 'ls /')).stdout).to.equal('there\n');
    expect((await ssh('reader', 'cat /there')).stdout).to.equal('content');
  });

  it('what is lifted counts from the next login', async () => {
    const { status } = await server().anyfs('user', 'set', 'reader', '--read-only', 'off');
    expect(status).to.equal(0);
    expect((await attempt('reader', 'mkdir made')).status).to.equal(0);
    expect(await announcedTo('reader')).to.include('posix-rename@openssh.com');
  });
});
