import { expect } from 'chai';
import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { describeTree, noise } from '../support/local-tree.ts';
import { requireProgram } from '../support/require-program.ts';
import { runProgram, type Finished } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('rclone', function () {
  this.timeout(60_000);
  before(function () {
    requireProgram(this, 'rclone');
  });
  const server = clientServer({ alice: {} });
  const directory = temporaryDirectory();
  const local = (name: string): string => join(directory(), name);

  async function rclone(...args: string[]): Promise<Finished> {
    const { host, port, user, identity, knownHosts } = server().login('alice');
    const flags = [
      `--sftp-host=${host}`,
      `--sftp-port=${port}`,
      `--sftp-user=${user}`,
      `--sftp-key-file=${identity}`,
      `--sftp-known-hosts-file=${knownHosts}`,
      '--config=/dev/null',
      '--retries=1',
    ];
    // Some machines point this at a bundle of certificates; rclone refuses to start where it is odd, and needs none.
    const env = { AWS_CA_BUNDLE: undefined };
    return runProgram('rclone', [...args, ...flags], { cwd: directory(), env });
  }

  function makeTree(): void {
    mkdirSync(local('tree/inner'), { recursive: true });
    writeFileSync(local('tree/a file'), noise(500_000));
    writeFileSync(local('tree/inner/b'), noise(10));
    writeFileSync(local('tree/inner/nothing'), '');
    for (const name of ['tree/a file', 'tree/inner/b']) utimesSync(local(name), 1_300_000_000, 1_300_000_000);
  }

  it('syncs a tree to the server, finds it equal, and syncs it back', async () => {
    makeTree();
    expect(await rclone('sync', 'tree', ':sftp:there')).to.include({ status: 0 });
    expect(await rclone('check', '--download', 'tree', ':sftp:there')).to.include({ status: 0 });
    expect(await rclone('sync', ':sftp:there', 'back')).to.include({ status: 0 });
    const facts = (name: string): string[] =>
      describeTree(local(name), (stats) => (stats.isFile() && stats.size > 0 ? String(stats.mtimeMs) : ''));
    expect(facts('back')).to.deep.equal(facts('tree'));
  });

  it('compares by sums that the server computes itself, without reading the files', async () => {
    makeTree();
    writeFileSync(local("tree/it's $odd* \\"), 'odd');
    expect(await rclone('sync', 'tree', ':sftp:summed')).to.include({ status: 0 });
    // rclone 1.60 asks what there is once, and what comes meanwhile takes it for nothing.
    const one = ['--checkers=1', '--transfers=1'];
    for (const type of ['md5', 'sha1']) {
      const [here, there] = [
        await rclone('hashsum', type, 'tree'),
        await rclone('hashsum', type, ':sftp:summed', ...one),
      ];
      const lines = ({ stdout }: Finished): string[] => stdout.split('\n').sort();
      expect(lines(there)).to.deep.equal(lines(here));
      expect(lines(there)).to.have.length(5);
    }
    expect((await rclone('check', ...one, 'tree', ':sftp:summed')).status).to.equal(0);
    writeFileSync(local('tree/inner/b'), noise(10));
    const differing = await rclone('check', ...one, 'tree', ':sftp:summed');
    expect(differing.status).to.equal(1);
    expect(differing.stderr).to.match(/inner\/b: (md5|sha1) differ/i);
  });

  it('moves nothing where nothing changed, and removes what is gone', async () => {
    makeTree();
    await rclone('sync', 'tree', ':sftp:again');
    const unchanged = await rclone('sync', '-v', '--stats-one-line', 'tree', ':sftp:again');
    expect(unchanged.stderr).to.match(/nothing to transfer/);
    rmSync(local('tree/inner/b'));
    expect(await rclone('sync', 'tree', ':sftp:again')).to.include({ status: 0 });
    const listed = await rclone('lsf', '-R', ':sftp:again');
    expect(listed.stdout.trim().split('\n').sort()).to.deep.equal(['a file', 'inner/', 'inner/nothing']);
  });

  it('finds a difference', async () => {
    makeTree();
    await rclone('sync', 'tree', ':sftp:differs');
    writeFileSync(local('tree/inner/b'), noise(10));
    const checked = await rclone('check', '--download', 'tree', ':sftp:differs');
    expect(checked.status).to.equal(1);
    expect(checked.stderr).to.match(/1 differences found/);
  });

  it('moves, reads and removes single files, and knows the space', async () => {
    writeFileSync(local('file'), 'content');
    await rclone('copyto', 'file', ':sftp:single/one');
    expect(await rclone('moveto', ':sftp:single/one', ':sftp:single/two')).to.include({ status: 0 });
    expect(await rclone('cat', ':sftp:single/two')).to.include({ status: 0, stdout: 'content' });
    expect(await rclone('purge', ':sftp:single')).to.include({ status: 0 });
    expect((await rclone('lsf', ':sftp:')).stdout).not.to.match(/single/);
  });

  it('uploads many files at once', async () => {
    mkdirSync(local('many'));
    for (let index = 0; index < 60; index++) writeFileSync(local(`many/${index}`), noise(index * 1000));
    expect(await rclone('copy', '--transfers=8', 'many', ':sftp:many')).to.include({ status: 0 });
    expect(await rclone('copy', '--transfers=8', ':sftp:many', 'back')).to.include({ status: 0 });
    expect(describeTree(local('back'))).to.deep.equal(describeTree(local('many')));
    expect(readFileSync(local('back/59')).length).to.equal(59_000);
  });
});
