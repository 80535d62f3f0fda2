import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { noise } from '../support/local-tree.ts';
import { requireProgram } from '../support/require-program.ts';
import { runProgram, type Finished } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('curl sftp://', function () {
  this.timeout(60_000);
  before(function () {
    requireProgram(this, 'curl');
  });
  const server = clientServer({ alice: {} });
  const directory = temporaryDirectory();
  const local = (name: string): string => join(directory(), name);

  /** `~/` in curl's URLs is the directory after login. */
  async function curl(path: string, ...args: string[]): Promise<Finished> {
    const { host, port, user, identity } = server().login('alice');
    const login = ['--user', `${user}:`, '--key', identity, '--pubkey', `${identity}.pub`, '--insecure'];
    return runProgram('curl', ['-sS', '-q', ...login, ...args, `sftp://${host}:${port}/~/${path}`], {
      cwd: directory(),
    });
  }

  it('uploads and downloads', async () => {
    const bytes = noise(2_000_003);
    writeFileSync(local('sent'), bytes);
    expect(await curl('file', '-T', 'sent')).to.include({ status: 0 });
    expect(await curl('file', '-o', 'got')).to.include({ status: 0 });
    expect(readFileSync(local('got')).equals(bytes)).to.equal(true);
  });

  it('makes missing directories on the way and lists them', async () => {
    writeFileSync(local('sent'), 'x');
    expect(await curl('made/on/the%20way/file', '--ftp-create-dirs', '-T', 'sent')).to.include({ status: 0 });
    expect((await curl('made/on/', '--list-only')).stdout.split('\n')).to.include('the way');
  });

  it('downloads a part, and goes on with an upload', async () => {
    writeFileSync(local('sent'), '0123456789');
    await curl('part', '-T', 'sent');
    expect(await curl('part', '-r', '3-5')).to.include({ status: 0, stdout: '345' });
    writeFileSync(local('more'), 'abc');
    expect(await curl('part', '-T', 'more', '--append')).to.include({ status: 0 });
    expect((await curl('part')).stdout).to.equal('0123456789abc');
  });

  it('renames by its quoted commands', async () => {
    writeFileSync(local('sent'), 'quoted');

    await curl('one', '-T', 'sent');
    const done = await curl('', '-Q', `-rename /one /two`, '--list-only');
    expect(done.status).to.equal(0);
    expect((await curl('two')).stdout).to.equal('quoted');
  });

  it('says that a file is missing', async () => {
    const missing = await curl('missing');
    expect(missing.status).to.equal(78);
    expect(missing.stderr).to.match(/not exist|No such file|Could not open/);
  });
});
