import { expect } from 'chai';
import { mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { describeTree, noise } from '../support/local-tree.ts';
import { sshOptions } from '../support/login.ts';
import { requireProgram } from '../support/require-program.ts';
import { runProgram, type Finished } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** scp speaks SFTP since OpenSSH 9.0; `-s` says so to those where it is not yet the default. */
describe('the scp client, over SFTP', function () {
  this.timeout(60_000);
  before(function () {
    requireProgram(this, 'scp');
  });
  const server = clientServer({ alice: {}, bob: {} });
  const directory = temporaryDirectory();
  const local = (name: string): string => join(directory(), name);

  /** A path that begins with `:` is alice's; `bob:` is bob's. */
  const remote = (path: string): string =>
    path.replace(/^(|bob):/, (_, user: string) => `${user || 'alice'}@${server().login('alice').host}:`);

  const factsOf = (name: string): string[] =>
    describeTree(local(name), (stats) =>
      stats.isFile() ? `${stats.mode.toString(8)} ${stats.mtimeMs}` : '',
    );

  async function scp(...paths: string[]): Promise<Finished> {
    const login = server().login('alice');
    // Both keys: between two accounts each end wants its own.
    const keys = ['-o', `IdentityFile=${server().login('bob').identity}`];
    const args = ['-s', '-q', '-P', String(login.port), ...sshOptions(login), ...keys];
    return runProgram('scp', [...args, ...paths.map(remote)], {
      cwd: directory(),
    });
  }

  it('copies a file there and back, also by ~ (expand-path)', async () => {
    const bytes = noise(1_234_567);
    writeFileSync(local('sent'), bytes);
    expect(await scp('sent', ':file')).to.include({ status: 0 });
    expect(await scp(':~/file', 'got')).to.include({ status: 0 });
    expect(readFileSync(local('got')).equals(bytes)).to.equal(true);
  });

  it('copies a tree there and back with its times (-rp)', async () => {
    mkdirSync(local('tree/inner'), { recursive: true });
    writeFileSync(local('tree/inner/file'), noise(70_000), { mode: 0o640 });
    writeFileSync(local('tree/empty'), '');
    for (const name of ['tree/inner/file', 'tree/empty'])
      utimesSync(local(name), 1_111_111_111, 1_222_222_222);
    expect(await scp('-rp', 'tree', ':tree')).to.include({ status: 0 });
    expect(await scp('-rp', ':tree', 'back')).to.include({ status: 0 });
    expect(factsOf('back')).to.deep.equal(factsOf('tree'));
  });

  it('copies what a remote glob names, and several sources', async () => {
    for (const name of ['one.txt', 'two.txt', 'three.log']) writeFileSync(local(name), name);
    expect(await scp('one.txt', 'two.txt', 'three.log', ':')).to.include({ status: 0, stderr: '' });
    mkdirSync(local('some'));
    expect(await scp(':*.txt', 'some')).to.include({ status: 0, stderr: '' });
    expect(readdirSync(local('some')).sort()).to.deep.equal(['one.txt', 'two.txt']);
    mkdirSync(local('more'));
    expect(await scp(':t[hw]*', ':~/one.???', 'more')).to.include({ status: 0, stderr: '' });
    expect(readdirSync(local('more')).sort()).to.deep.equal(['one.txt', 'three.log', 'two.txt']);
  });

  it('copies from one account to another by way of here (-3), trees with modes and times (-3rp)', async () => {
    mkdirSync(local('src/inner'), { recursive: true });
    writeFileSync(local('src/inner/file'), noise(300_000), { mode: 0o604 });
    utimesSync(local('src/inner/file'), 1_111_111_111, 1_222_222_222);
    expect(await scp('-rp', 'src', ':src')).to.include({ status: 0, stderr: '' });
    expect(await scp('-3', ':src/inner/file', 'bob:copy')).to.include({ status: 0, stderr: '' });
    expect(await scp('bob:copy', 'copy')).to.include({ status: 0, stderr: '' });
    expect(readFileSync(local('copy')).equals(readFileSync(local('src/inner/file')))).to.equal(true);
    expect(await scp('-3rp', ':src', 'bob:tree')).to.include({ status: 0, stderr: '' });
    expect(await scp('-rp', 'bob:tree', 'tree')).to.include({ status: 0, stderr: '' });
    expect(factsOf('tree')).to.deep.equal(factsOf('src'));
  });

  it('fails where the file is missing', async () => {
    const failed = await scp(':missing', 'got');
    expect(failed.status).to.equal(1);
    expect(failed.stderr).to.match(/missing.*No such file/s);
  });
});
