import { expect } from 'chai';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
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
  const server = clientServer({ alice: {} });
  const directory = temporaryDirectory();
  const local = (name: string): string => join(directory(), name);

  async function scp(...paths: string[]): Promise<Finished> {
    const login = server().login('alice');
    const remote = `${login.user}@${login.host}:`;
    const args = ['-s', '-q', '-P', String(login.port), ...sshOptions(login)];
    return runProgram('scp', [...args, ...paths.map((path) => path.replace(/^:/, remote))], {
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
    const facts = (name: string): string[] =>
      describeTree(local(name), (stats) =>
        stats.isFile() ? `${stats.mode.toString(8)} ${stats.mtimeMs}` : '',
      );
    expect(facts('back')).to.deep.equal(facts('tree'));
  });

  it('fails where the file is missing', async () => {
    const failed = await scp(':missing', 'got');
    expect(failed.status).to.equal(1);
    expect(failed.stderr).to.match(/missing.*No such file/s);
  });
});
