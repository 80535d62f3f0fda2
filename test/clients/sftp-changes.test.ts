import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { answers } from '../support/login.ts';
import { sftpBatches } from '../support/sftp-batches.ts';

describe('the sftp client, making, renaming and linking', function () {
  this.timeout(60_000);
  const { server, run, attempt, local } = sftpBatches();

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
    const failed = await attempt('mkdir d', 'mkdir d/e', 'rmdir d');
    expect(failed.status).to.equal(1);
    expect(failed.stderr).to.match(/remote rmdir ".*\/d": /);
  });

  it('renames, also over a file and across directories', async () => {
    writeFileSync(local('a'), 'a');
    writeFileSync(local('b'), 'b');
    await run('put a', 'put b', 'mkdir d', 'rename a b', 'rename b d/c', 'rename d e', 'get e/c got');
    expect(readFileSync(local('got'), 'utf8')).to.equal('a');
  });

  it('renames in the old way only where nothing is in the way (rename -l)', async () => {
    writeFileSync(local('a'), 'a');
    const failed = await attempt('put a', 'put a b', 'rename -l a c', 'rename -l c b');
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
});
