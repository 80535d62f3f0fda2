import { expect } from 'chai';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { noise } from '../support/local-tree.ts';
import { answers, sftp, sshOptions, trySftp } from '../support/login.ts';
import { requireProgram } from '../support/require-program.ts';
import { runProgram, type Finished } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const MIB = 2 ** 20;
const RACERS = 16;
/** OpenSSH's sftp shows the code of an error, never its words; those come beside it, in any order. */
const REFUSED = /^(?=[^]*quota exceeded: \d)(?=[^]*Failure)/;

describe('a quota, seen by the sftp client', function () {
  this.timeout(120_000);
  before(function () {
    requireProgram(this, 'sftp');
  });
  const small = { flags: ['--quota', '4MiB'] };
  const server = clientServer({
    full: small,
    racer: small,
    grown: small,
    told: small,
    files: { flags: ['--max-files', '3'] },
  });
  const directory = temporaryDirectory();
  const local = (name: string): string => join(directory(), name);
  const run = (user: string, ...commands: string[]): Promise<Finished> =>
    sftp(server().login(user), commands, { cwd: directory() });
  const attempt = (user: string, ...commands: string[]): Promise<Finished> =>
    trySftp(server().login(user), commands, { cwd: directory() });

  /** Kibibytes as `df` shows them. */
  async function space(user: string): Promise<{ size: number; used: number; free: number }> {
    const [size = 0, used = 0, free = 0] = (answers(await run(user, 'df'))[1] ?? '')
      .trim()
      .split(/\s+/)
      .map(Number);
    return { size, used, free };
  }

  it('refuses what would exceed it, says so, and leaves other files and the counter right', async () => {
    writeFileSync(local('kept'), noise(3 * MIB));
    writeFileSync(local('large'), noise(2 * MIB));
    await run('full', 'put kept');
    expect(await space('full')).to.deep.equal({ size: 4096, used: 3072, free: 1024 });
    const refused = await attempt('full', 'put large');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.match(REFUSED);
    await run('full', '-rm large', 'get kept back');
    expect(readFileSync(local('back')).equals(readFileSync(local('kept')))).to.equal(true);
    expect(await space('full')).to.deep.equal({ size: 4096, used: 3072, free: 1024 });
  });

  it('is named to clients that show what the server says (lftp)', async function () {
    requireProgram(this, 'lftp');
    writeFileSync(local('large'), noise(5 * MIB));
    const { host, port, user, ...login } = server().login('told');
    const commands = [
      `set sftp:connect-program "ssh -a -x ${sshOptions({ host, port, user, ...login }).join(' ')}"`,
      'set net:max-retries 1',
      `open -u ${user},unused sftp://${host}:${port}`,
      'put large',
    ];
    const refused = await runProgram('lftp', ['--norc', '-c', commands.join('; ')], { cwd: directory() });
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.match(/quota exceeded: .* 4 MiB/);
  });

  it('lets exactly as much in as there is room for', async () => {
    writeFileSync(local('rest'), noise(MIB));
    await run('full', 'put rest');
    expect(await space('full')).to.deep.include({ used: 4096, free: 0 });
    writeFileSync(local('byte'), 'x');
    expect((await attempt('full', 'put byte')).stderr).to.match(REFUSED);
    await run('full', 'rm kept', 'put byte', 'get byte again');
    expect(readFileSync(local('again'), 'utf8')).to.equal('x');
  });

  it('refuses a copy on the server as well', async () => {
    writeFileSync(local('big'), noise(3 * MIB));
    await run('grown', 'put big');
    const refused = await attempt('grown', 'cp big copy');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.match(REFUSED);
    expect((await space('grown')).used).to.be.at.most(4096);
    await run('grown', '-rm copy');
    expect((await space('grown')).used).to.equal(3072);
  });

  it('can be changed while the server runs, for the next login', async () => {
    writeFileSync(local('more'), noise(2 * MIB));
    expect((await attempt('grown', 'put more')).status).to.equal(1);
    expect(await server().anyfs('user', 'set', 'grown', '--quota', '8MiB')).to.include({ status: 0 });
    await run('grown', 'put more');
    expect(await server().anyfs('user', 'set', 'grown', '--quota', '1MiB')).to.include({ status: 0 });
    expect((await attempt('grown', 'put more again')).stderr).to.match(REFUSED);
    await run('grown', 'get more', 'rm more', 'rm big');
  });

  it('counts files where it is a limit on files', async () => {
    writeFileSync(local('empty'), '');
    await run('files', 'put empty a', 'mkdir b', 'ln -s a c');
    const refused = await attempt('files', 'put empty d');
    expect(refused.stderr).to.match(REFUSED);
    await run('files', 'ln a e', 'rm c', 'put empty d');
  });

  it(`is not passed by a byte by ${RACERS} sessions at once`, async () => {
    const size = MIB - 12_345;
    writeFileSync(local('piece'), noise(size));
    const finished = await Promise.all(
      Array.from({ length: RACERS }, (_, index) => attempt('racer', `put piece ${index}`)),
    );
    const whole = finished.filter(({ status }) => status === 0).length;
    expect(whole).to.be.at.most(4);
    const { used } = await space('racer');
    expect(used).to.be.at.most(4096);
    const sizes = answers(await run('racer', 'ls -ln')).map((line) => Number(line.split(/\s+/)[4]));
    const stored = sizes.reduce((sum, bytes) => sum + bytes, 0);
    expect(stored).to.be.at.most(4 * MIB);
    // df counts whole KiB of what is stored, and a file that was cut off has no holes.
    expect(Math.abs(used - stored / 1024)).to.be.at.most(1);
    expect(statSync(local('piece')).size).to.equal(size);
  });
});
