import { expect } from 'chai';
import { utimesSync, writeFileSync } from 'node:fs';
import { describeTree, noise } from '../support/local-tree.ts';
import { answers } from '../support/login.ts';
import { sftpBatches } from '../support/sftp-batches.ts';

describe('the sftp client, showing what is there', function () {
  this.timeout(60_000);
  const { server, run, local } = sftpBatches();

  it('sets the times of a file (put -p) and shows them (ls -l)', async () => {
    writeFileSync(local('old'), 'old');
    utimesSync(local('old'), 500_000_000, 500_000_000);
    const listed = await run('put -p old', 'ls -l old');
    expect(answers(listed).join('\n')).to.match(/Nov +5 +1985 +old/);
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

  it('shows the space (df, df -h, df -i)', async () => {
    const shown = answers(await run('df', 'df -h', 'df -i'));
    expect(shown[0]).to.match(/Size +Used +Avail +\(root\) +%Capacity/);
    expect(shown[1]).to.match(/\d+ +\d+ +\d+ +\d+ +\d+%/);
    expect(shown[3]).to.match(/[KMGTPE]?B .*%/);
    expect(shown[4]).to.match(/Inodes +Used +Avail/);
  });
});
