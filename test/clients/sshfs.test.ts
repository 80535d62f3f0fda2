import { expect } from 'chai';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { describeTree, noise } from '../support/local-tree.ts';
import { mount, requireMounts, type Mount } from '../support/mount.ts';
import { findProgram, requireProgram } from '../support/require-program.ts';
import { succeed } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('a storage mounted by sshfs', function () {
  this.timeout(120_000);
  before(function () {
    requireMounts(this);
  });
  let mounted: Mount | undefined;
  // Before the server's own hook, since hooks run in the order in which they are named.
  after(async () => {
    await mounted?.unmount();
  });
  const server = clientServer({ alice: {} });
  const directory = temporaryDirectory();
  const root = (): string => mounted?.directory ?? '';
  const inside = (name: string): string => join(root(), name);
  const local = (name: string): string => join(directory(), name);

  before(async () => {
    mounted = await mount(server().login('alice'));
  });

  it('takes a git clone, a commit in it, and a push back', async function () {
    requireProgram(this, 'git');
    const author = {
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@b',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@b',
    };
    const git = async (cwd: string, ...args: string[]): Promise<string> =>
      (
        await succeed('git', ['-c', 'safe.directory=*', ...args], {
          cwd,
          env: { ...author, HOME: directory() },
        })
      ).stdout;
    fs.mkdirSync(local('origin'));
    await git(local('origin'), 'init', '-q', '-b', 'main');
    for (let index = 0; index < 40; index++) fs.writeFileSync(local(`origin/file-${index}`), noise(5000));
    await git(local('origin'), 'add', '.');
    await git(local('origin'), 'commit', '-q', '-m', 'first');
    await git(root(), 'clone', '-q', '--no-local', local('origin'), 'clone');
    fs.writeFileSync(inside('clone/file-1'), 'changed');
    await git(inside('clone'), 'commit', '-q', '-a', '-m', 'second');
    await git(inside('clone'), 'gc', '-q');
    await git(inside('clone'), 'fsck', '--full', '--strict');
    expect(await git(inside('clone'), 'status', '--porcelain')).to.equal('');
    await git(inside('clone'), 'push', '-q', 'origin', 'main:pushed');
    expect(await git(local('origin'), 'show', 'pushed:file-1')).to.equal('changed');
  });

  it('lets vim edit a file', async function () {
    requireProgram(this, 'vim');
    fs.writeFileSync(inside('text'), 'one\ntwo\n');
    const vim = findProgram('vim') ?? '';
    const commands = ['%s/two/three/', 'wq'].flatMap((command) => ['-c', command]);
    await succeed(vim, ['-e', '-s', '-u', 'NONE', ...commands, inside('text')], {
      env: { HOME: directory(), TERM: 'dumb' },
    });
    expect(fs.readFileSync(inside('text'), 'utf8')).to.equal('one\nthree\n');
    expect(fs.readdirSync(root()).filter((name) => name.includes('.sw'))).to.deep.equal([]);
  });

  it('lets ed edit a file', async function () {
    requireProgram(this, 'ed');
    fs.writeFileSync(inside('script'), 'one\ntwo\n');
    await succeed('ed', ['-s', inside('script')], { input: '1s/one/zero/\n$a\nthree\n.\nw\nq\n' });
    expect(fs.readFileSync(inside('script'), 'utf8')).to.equal('zero\ntwo\nthree\n');
  });

  it('takes a tree by cp -a and gives it back equal', async () => {
    fs.mkdirSync(local('tree/inner'), { recursive: true });
    fs.writeFileSync(local('tree/inner/file'), noise(1_000_000), { mode: 0o640 });
    // sshfs sets a symlink's times on what it leads to, which must be there already: cp takes names in the order of their inodes.
    fs.symlinkSync('.', local('tree/link'));
    fs.utimesSync(local('tree/inner/file'), 1_400_000_000, 1_400_000_000);
    // As the account, which can give a file to nobody else: the superuser's cp, who runs the tests, would want to.
    await succeed('cp', ['-a', '--no-preserve=ownership', local('tree'), inside('tree')]);
    await succeed('cp', ['-a', inside('tree'), local('back')]);
    const facts = (name: string): string[] =>
      describeTree(local(name), (stats) =>
        stats.isFile() ? `${stats.mode.toString(8)} ${stats.mtimeMs}` : '',
      );
    expect(facts('back')).to.deep.equal(facts('tree'));
  });

  it('writes and reads anywhere in a file, cuts it and lengthens it', () => {
    const file = fs.openSync(inside('random'), 'w+');
    try {
      fs.writeSync(file, 'tail', 100_000);
      fs.writeSync(file, 'head', 0);
      fs.ftruncateSync(file, 200_000);
      const bytes = fs.readFileSync(inside('random'));
      expect(bytes.length).to.equal(200_000);
      expect(bytes.subarray(0, 4).toString()).to.equal('head');
      expect(bytes.subarray(100_000, 100_004).toString()).to.equal('tail');
      expect(bytes.subarray(4, 100_000).every((byte) => byte === 0)).to.equal(true);
      fs.ftruncateSync(file, 3);
    } finally {
      fs.closeSync(file);
    }
    expect(fs.readFileSync(inside('random'), 'utf8')).to.equal('hea');
  });

  it('goes on reading a file that was removed or replaced while open', () => {
    fs.writeFileSync(inside('open'), 'still here');
    fs.writeFileSync(inside('other'), 'another');
    const file = fs.openSync(inside('open'), 'r');
    try {
      fs.renameSync(inside('other'), inside('open'));
      expect(fs.readFileSync(inside('open'), 'utf8')).to.equal('another');
      const bytes = Buffer.alloc(10);
      fs.readSync(file, bytes, 0, 10, 0);
      expect(bytes.toString()).to.equal('still here');
    } finally {
      fs.closeSync(file);
    }
  });

  it('makes hard links, renames over files, and says how much space there is', () => {
    fs.writeFileSync(inside('one'), 'linked');
    fs.linkSync(inside('one'), inside('two'));
    fs.unlinkSync(inside('one'));
    fs.writeFileSync(inside('three'), 'old');
    fs.renameSync(inside('two'), inside('three'));
    expect(fs.readFileSync(inside('three'), 'utf8')).to.equal('linked');
    const space = fs.statfsSync(root());
    expect(space.blocks).to.be.greaterThan(0);
    expect(space.bavail).to.be.at.most(space.blocks);
  });

  it('refuses what a directory tree must refuse, with the right errors', () => {
    fs.mkdirSync(inside('full/sub'), { recursive: true });
    const code = (action: () => unknown): string => {
      try {
        action();
        return 'none';
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? 'unknown';
      }
    };
    expect(code(() => fs.readFileSync(inside('missing')))).to.equal('ENOENT');
    expect(code(() => fs.mkdirSync(inside('full')))).to.equal('EEXIST');
    // SFTP v3 has no code for a directory that is not empty; sshfs makes this of the failure.
    expect(code(() => fs.rmdirSync(inside('full')))).to.be.oneOf(['ENOTEMPTY', 'EPERM', 'EIO']);
    expect(code(() => fs.unlinkSync(inside('full')))).to.equal('EISDIR');
  });
});
