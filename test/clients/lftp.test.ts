import { expect } from 'chai';
import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { describeTree, noise } from '../support/local-tree.ts';
import { sshOptions } from '../support/login.ts';
import { requireProgram } from '../support/require-program.ts';
import { succeed } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('lftp', function () {
  this.timeout(60_000);
  before(function () {
    requireProgram(this, 'lftp');
  });
  const server = clientServer({ alice: {} });
  const directory = temporaryDirectory();
  const local = (name: string): string => join(directory(), name);

  async function lftp(...commands: string[]): Promise<string> {
    const login = server().login('alice');
    const script = [
      `set sftp:connect-program "ssh -a -x ${sshOptions(login).join(' ')}"`,
      'set net:max-retries 1',
      'set net:timeout 20',
      'set cmd:fail-exit yes',
      // lftp wants a password to send, even where a key will do.
      `open -u ${login.user},unused sftp://${login.host}:${login.port}`,
      ...commands,
    ];
    const args = ['--norc', '-c', script.join('; ')];
    const { stdout } = await succeed('lftp', args, { cwd: directory(), env: { HOME: directory() } });
    return stdout;
  }

  function makeTree(): void {
    mkdirSync(local('tree/inner/empty'), { recursive: true });
    writeFileSync(local('tree/a file'), noise(300_000));
    writeFileSync(local('tree/inner/b'), noise(10));
    writeFileSync(local('tree/inner/nothing'), '');
    for (const name of ['tree/a file', 'tree/inner/b']) utimesSync(local(name), 1_300_000_000, 1_300_000_000);
  }

  it('mirrors a tree to the server and back', async () => {
    makeTree();
    await lftp('mirror -R tree there', 'mirror there back');
    const facts = (name: string): string[] =>
      describeTree(local(name), (stats) => (stats.isFile() && stats.size > 0 ? String(stats.mtimeMs) : ''));
    expect(facts('back')).to.deep.equal(facts('tree'));
  });

  it('mirrors again only what changed, and deletes what is gone', async () => {
    makeTree();
    await lftp('mirror -R tree again');
    rmSync(local('tree/inner'), { recursive: true });
    writeFileSync(local('tree/new'), 'new');
    const said = await lftp('mirror -R --delete --verbose tree again', 'mirror again back');
    expect(describeTree(local('back'))).to.deep.equal(describeTree(local('tree')));
    expect(said)
      .to.match(/new/)
      .and.not.match(/Transferring file `a file'/);
  });

  it('gets one file in several parts at once (pget)', async () => {
    const bytes = noise(3_000_001);
    writeFileSync(local('sent'), bytes);
    await lftp('put sent -o parts', 'pget -n 4 parts -o got');
    expect(readFileSync(local('got')).equals(bytes)).to.equal(true);
  });
});
