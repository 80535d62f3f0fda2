import { expect } from 'chai';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { describeTree, noise } from '../support/local-tree.ts';
import { answers, sftp, trySftp } from '../support/login.ts';
import { requireProgram } from '../support/require-program.ts';
import type { Finished } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('the sftp client', function () {
  this.timeout(60_000);
  before(function () {
    requireProgram(this, 'sftp');
  });
  const server = clientServer({ alice: {} });
  const directory = temporaryDirectory();
  let tests = 0;

  /** Runs commands in a remote directory that is new for each test, with the local directory as the current one. */
  const run = (...commands: string[]): Promise<Finished> =>
    sftp(server().login('alice'), [`-mkdir ${tests}`, `cd ${tests}`, ...commands], { cwd: directory() });
  const fail = (...commands: string[]): Promise<Finished> =>
    trySftp(server().login('alice'), [`-mkdir ${tests}`, `cd ${tests}`, ...commands], { cwd: directory() });
  const local = (name: string): string => join(directory(), name);

  beforeEach(() => {
    tests += 1;
  });

  it('puts a file and gets it back', async () => {
    const bytes = noise(1_000_003);
    writeFileSync(local('sent'), bytes);
    await run('put sent file', 'get file got');
    expect(readFileSync(local('got')).equals(bytes)).to.equal(true);
  });

  it('replaces the content of a file, also by a shorter one', async () => {
    writeFileSync(local('long'), noise(300_000));
    writeFileSync(local('short'), 'short');
    await run('put long file', 'put short file', 'get file got');
    expect(readFileSync(local('got'), 'utf8')).to.equal('short');
  });

  it('goes on with a put that was cut off (reput)', async () => {
    const bytes = noise(700_001);
    writeFileSync(local('file'), bytes);
    truncateSync(local('file'), 300_007);
    await run('put file');
    writeFileSync(local('file'), bytes);
    await run('reput file', 'get file got');
    expect(readFileSync(local('got')).equals(bytes)).to.equal(true);
  });

  it('goes on with a get that was cut off (reget)', async () => {
    const bytes = noise(700_001);
    writeFileSync(local('file'), bytes);
    await run('put file');
    truncateSync(local('file'), 300_007);
    await run('reget file');
    expect(readFileSync(local('file')).equals(bytes)).to.equal(true);
  });

  it('puts and gets whole trees with modes and times (put -rp, get -rp)', async () => {
    mkdirSync(local('tree/inner/empty'), { recursive: true });
    writeFileSync(local('tree/a'), noise(10_000), { mode: 0o640 });
    writeFileSync(local('tree/inner/b'), '', { mode: 0o755 });
    chmodSync(local('tree/inner'), 0o750);
    for (const name of ['tree/a', 'tree/inner/b']) utimesSync(local(name), 1_000_000_001, 1_234_567_890);
    await run('put -rp tree', 'get -rp tree back');
    const facts = (name: string): string[] =>
      describeTree(local(name), (stats) =>
        stats.isFile() ? `${stats.mode.toString(8)} ${stats.mtimeMs}` : '',
      );
    expect(facts('back')).to.deep.equal(facts('tree'));
    expect(statSync(local('back/inner')).mode & 0o777).to.equal(0o750);
  });

  it('sets the times of a file (put -p) and shows them (ls -l)', async () => {
    writeFileSync(local('old'), 'old');
    utimesSync(local('old'), 500_000_000, 500_000_000);
    const listed = await run('put -p old', 'ls -l old');
    expect(answers(listed).join('\n')).to.match(/Nov +5 +1985 +old/);
  });

  it('makes, lists and removes directories', async () => {
    const made = await run(
      'mkdir d',
      'mkdir d/e',
      'cd d',
      'pwd',
      'ls -1',
      'rmdir e',
      'cd ..',
      'rmdir d',
      'ls -1',
    );
    expect(answers(made)[0]).to.match(/^Remote working directory: .*\/d$/);
    expect(answers(made).slice(1)).to.deep.equal(['e']);
    const failed = await fail('mkdir d', 'mkdir d/e', 'rmdir d');
    expect(failed.status).to.equal(1);
    expect(failed.stderr).to.match(/remote rmdir ".*\/d": /);
  });

  it('lists in every form (ls -la, -1, -n, -t, -S, -r)', async () => {
    writeFileSync(local('big'), noise(5000));
    writeFileSync(local('small'), 'x');
    utimesSync(local('big'), 1_000_000_000, 1_000_000_000);
    const listed = await run(
      'put -p big',
      'put small',
      'mkdir .hidden',
      'ls -la',
      'ls -1',
      'ls -1t',
      'ls -1S',
      'ls -1Sr',
      'ls -ln',
    );
    const lines = answers(listed);
    expect(lines.slice(0, 5).map((line) => line.replace(/^.* /, ''))).to.deep.equal([
      '.',
      '..',
      '.hidden',
      'big',
      'small',
    ]);
    expect(lines[3]).to.match(/^-rw-r--r-- .* 5000 /);
    expect(lines[2]).to.match(/^drwx/);
    expect(lines.slice(5, 13)).to.deep.equal([
      'big',
      'small',
      'small',
      'big',
      'big',
      'small',
      'small',
      'big',
    ]);
    expect(lines[13]).to.match(/ 5000 .* big$/);
  });

  it('shows owners by name and, when asked, by number', async () => {
    writeFileSync(local('mine'), '');
    const listed = await run('put mine', 'ls -l mine', 'ls -ln mine');
    const { user, uid } = server().owner('alice');
    expect(answers(listed)[0]).to.match(new RegExp(` ${user} +${user} `));
    expect(answers(listed)[1]).to.match(new RegExp(` (${uid} +${uid}|${user} +${user}) `));
  });

  it('understands patterns (ls, get, rm)', async () => {
    for (const name of ['a1.txt', 'a2.txt', 'b1.txt', 'c.bin']) writeFileSync(local(name), name);
    const listed = await run(
      'put *.txt',
      'put c.bin',
      'ls -1 a*',
      'ls -1 ?1.txt',
      'ls -1 [bc]*',
      'mkdir out',
      'lmkdir back',
      'get a*.txt back/',
      'rm *.txt',
      'ls -1',
    );
    expect(answers(listed)).to.deep.equal([
      'a1.txt',
      'a2.txt',
      'a1.txt',
      'b1.txt',
      'b1.txt',
      'c.bin',
      'c.bin',
      'out',
    ]);
    expect(describeTree(local('back')).map((line) => line.split(' ')[0])).to.deep.equal(['a1.txt', 'a2.txt']);
  });

  it('renames, also over a file and across directories', async () => {
    writeFileSync(local('a'), 'a');
    writeFileSync(local('b'), 'b');
    await run('put a', 'put b', 'mkdir d', 'rename a b', 'rename b d/c', 'rename d e', 'get e/c got');
    expect(readFileSync(local('got'), 'utf8')).to.equal('a');
  });

  it('renames in the old way only where nothing is in the way (rename -l)', async () => {
    writeFileSync(local('a'), 'a');
    const failed = await fail('put a', 'put a b', 'rename -l a c', 'rename -l c b');
    expect(failed.status).to.equal(1);
    expect(failed.stderr).to.match(/remote rename ".*\/c" to ".*\/b": /);
    expect(answers(await run('ls -1'))).to.deep.equal(['b', 'c']);
  });

  it('makes hard links (ln)', async () => {
    writeFileSync(local('a'), 'one');
    writeFileSync(local('b'), 'two!');
    const listed = await run('put a', 'ln a b', 'put b a', 'get b got', 'rm a', 'ls -1');
    expect(readFileSync(local('got'), 'utf8')).to.equal('two!');
    expect(answers(listed)).to.deep.equal(['b']);
  });

  it('makes symbolic links that are followed (ln -s, symlink)', async () => {
    writeFileSync(local('a'), 'through a link');
    const listed = await run(
      'put a',
      'mkdir d',
      'ln -s ../a d/l',
      'symlink d/l m',
      'get m got',
      'ls -l',
      'ls -l d',
    );
    expect(readFileSync(local('got'), 'utf8')).to.equal('through a link');
    expect(answers(listed).map((line) => line.replace(/^(.).* /, '$1 '))).to.deep.equal([
      '- a',
      'd d',
      'l m',
      'l d/l',
    ]);
  });

  it('keeps what symbolic links point to when getting trees', async () => {
    mkdirSync(local('tree'));
    writeFileSync(local('tree/a'), 'a');
    symlinkSync('a', local('tree/l'));
    await run('put -r tree', 'get -r tree back');
    expect(readFileSync(local('back/a'), 'utf8')).to.equal('a');
  });

  it('changes modes (chmod, also chmod -h), and nothing else with them', async () => {
    writeFileSync(local('a'), 'a');
    const listed = await run(
      'put a',
      'chmod 600 a',
      'ls -l a',
      'chmod 4755 a',
      'ls -l a',
      'mkdir d',
      'chmod 700 d',
      'ls -la',
    );
    expect(answers(listed)[0]).to.match(/^-rw-------/);
    expect(answers(listed)[1]).to.match(/^-rwsr-xr-x/);
    expect(answers(listed).at(-1)).to.match(/^drwx------/);
  });

  it('lets owners be set to what they are (chown, chgrp)', async () => {
    writeFileSync(local('a'), 'a');
    const { uid } = server().owner('alice');
    await run('put a', `chown ${uid} a`, `chgrp ${uid} a`);
  });

  it('shows the space (df, df -h, df -i)', async () => {
    const shown = answers(await run('df', 'df -h', 'df -i'));
    expect(shown[0]).to.match(/Size +Used +Avail +\(root\) +%Capacity/);
    expect(shown[1]).to.match(/\d+ +\d+ +\d+ +\d+ +\d+%/);
    expect(shown[3]).to.match(/[KMGTPE]?B .*%/);
    expect(shown[4]).to.match(/Inodes +Used +Avail/);
  });

  it('copies on the server (cp)', async () => {
    const bytes = noise(400_000);
    writeFileSync(local('a'), bytes);
    await run('put a', 'cp a b', 'rm a', 'get b got');
    expect(readFileSync(local('got')).equals(bytes)).to.equal(true);
  });

  it('knows where it is on both sides (pwd, cd, lpwd, lcd, lls, lmkdir, !)', async () => {
    const said = answers(
      await run('lmkdir here', 'lcd here', 'lpwd', '!touch made', 'lls', 'version', 'cd /', 'pwd'),
    );
    expect(said[0]).to.equal(`Local working directory: ${local('here')}`);
    expect(said.slice(1)).to.deep.equal(['made', 'SFTP protocol version 3', 'Remote working directory: /']);
  });

  it('takes quoted and escaped names', async () => {
    writeFileSync(local('two words'), 'w');
    const listed = await run(
      'put "two words"',
      'rename "two words" "it\'s"',
      'put two\\ words "a \\"b\\""',
      'ls -1',
      'rm "it\'s"',
      'rm a\\ \\"b\\"',
    );
    expect(answers(listed)).to.deep.equal(['a "b"', "it's"]);
  });

  it('stops a batch at the first error, and goes on after a command that begins with -', async () => {
    const stopped = await fail('rm missing', 'mkdir never');
    expect(stopped.status).to.equal(1);
    expect(stopped.stderr).to.match(/missing/);
    const went = await run('-rm missing', 'mkdir made', 'ls -1');
    expect(answers(went)).to.deep.equal(['made']);
  });

  it('says what is wrong: missing, a directory, not empty, already there', async () => {
    const refused: readonly [string, RegExp][] = [
      ['get missing', /not found|No such file/],
      ['mkdir d', /Failure|File exists|already exists/],
      ['rmdir missing', /No such file/],
      ['rm d', /Failure|directory/i],
      ['cd missing', /No such file|stat/],
      ['chmod 600 missing', /No such file/],
    ];
    await run('mkdir d');
    for (const [command, message] of refused) {
      const failed = await trySftp(server().login('alice'), [`cd ${tests}`, command], { cwd: directory() });
      expect(failed.status, command).to.equal(1);
      expect(failed.stderr, command).to.match(message);
    }
  });

  it('is told of all eleven extensions', async () => {
    const { stderr } = await sftp(server().login('alice'), ['pwd'], { args: ['-vvv'] });
    const named = [
      ...stderr.matchAll(/(?:Server supports|Unrecognised server) extension "([^"]+)"(?: revision (\d+))?/g),
    ];
    const found = named.map(([, name, revision]) => [name, revision ?? '1'].join(' '));
    expect(found.sort()).to.deep.equal([
      'copy-data 1',
      'expand-path@openssh.com 1',
      'fstatvfs@openssh.com 2',
      'fsync@openssh.com 1',
      'hardlink@openssh.com 1',
      'home-directory 1',
      'limits@openssh.com 1',
      'lsetstat@openssh.com 1',
      'posix-rename@openssh.com 1',
      'statvfs@openssh.com 2',
      'users-groups-by-id@openssh.com 1',
    ]);
  });

  it('syncs what it puts (put -f)', async () => {
    writeFileSync(local('a'), 'a');
    await run('put -f a');
  });

  it('begins in the directory that is asked for', async () => {
    await run('mkdir inner');
    const [home] = answers(await run('cd ..', 'pwd'));
    const begun = await sftp(server().login('alice'), ['pwd'], { directory: `${tests}/inner` });
    expect(answers(begun).at(-1)).to.equal(`${home}/${tests}/inner`.replace(': //', ': /'));
  });
});
