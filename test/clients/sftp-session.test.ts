import { expect } from 'chai';
import { answers, sftp } from '../support/login.ts';
import { sftpBatches } from '../support/sftp-batches.ts';

describe('the sftp client, its session and its errors', function () {
  this.timeout(60_000);
  const { server, run, attempt, local, remote } = sftpBatches();

  it('knows where it is on both sides (pwd, cd, lpwd, lcd, lls, lmkdir, !)', async () => {
    const said = answers(
      await run('lmkdir here', 'lcd here', 'lpwd', '!touch made', 'lls', 'version', 'cd /', 'pwd'),
    );
    expect(said[0]).to.equal(`Local working directory: ${local('here')}`);
    expect(said.slice(1)).to.deep.equal(['made', 'SFTP protocol version 3', 'Remote working directory: /']);
  });

  it('stops a batch at the first error, and goes on after a command that begins with -', async () => {
    const stopped = await attempt('rm missing', 'mkdir never');
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
      const failed = await attempt(command);
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

  it('begins in the directory that is asked for', async () => {
    await run('mkdir inner');
    const [home] = answers(await run('cd ..', 'pwd'));
    const begun = await sftp(server().login('alice'), ['pwd'], { directory: `${remote()}/inner` });
    expect(answers(begun).at(-1)).to.equal(`${home}/${remote()}/inner`.replace(': //', ': /'));
  });
});
