import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startClientServer, type StartedClientServer } from '../support/client-server.ts';
import { noise } from '../support/local-tree.ts';
import { answers, sftp, sftpArguments } from '../support/login.ts';
import { requireProgram } from '../support/require-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const MIB = 2 ** 20;

describe('when something is killed in mid-upload', function () {
  this.timeout(120_000);
  before(function () {
    requireProgram(this, 'sftp');
  });
  const directory = temporaryDirectory();
  const local = (name: string): string => join(directory(), name);
  let server: StartedClientServer;
  const uploads: ChildProcess[] = [];

  beforeEach(async () => {
    server = await startClientServer({ alice: {}, bob: {} });
  });
  afterEach(async () => {
    for (const upload of uploads.splice(0)) upload.kill('SIGKILL');
    await server.stop();
  });

  /** Starts commands of a session that will not get to its end; answers the client. */
  function begin(...commands: string[]): ChildProcess {
    const login = server.login('alice');
    // Slow enough to be killed in the middle: 16 Mbit/s.
    const args = sftpArguments(login, { args: ['-l', '16000'] });
    const child = spawn('sftp', args, { cwd: directory(), stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(commands.map((command) => `${command}\n`).join(''));
    uploads.push(child);
    return child;
  }

  const sizeOf = async (name: string): Promise<number> => {
    const listed = answers(await sftp(server.login('alice'), ['ls -ln']));
    return Number(listed.find((line) => line.endsWith(` ${name}`))?.split(/\s+/)[4] ?? -1);
  };

  it('a client: the server goes on, keeps what came, and lets the file be replaced', async () => {
    writeFileSync(local('large'), noise(40 * MIB));
    const client = begin('put large');
    await until('the upload has begun', async () => (await sizeOf('large')) > MIB);
    const gone = once(client, 'close');
    client.kill('SIGKILL');
    await gone;
    const size = await sizeOf('large');
    expect(size)
      .to.be.greaterThan(MIB)
      .and.lessThan(40 * MIB);
    await sftp(server.login('alice'), ['get large part', 'put large', 'get large whole'], {
      cwd: directory(),
    });
    const large = readFileSync(local('large'));
    expect(large.subarray(0, MIB).equals(readFileSync(local('part')).subarray(0, MIB))).to.equal(true);
    expect(readFileSync(local('whole')).equals(large)).to.equal(true);
    expect(server.process().running()).to.equal(true);
  });

  it('the server (-9): what a CLOSE acknowledged is there and whole, and the storage passes its check', async () => {
    writeFileSync(local('large'), noise(40 * MIB));
    const small = Array.from({ length: 40 }, (_, index) => `small-${index}`);
    for (const [index, name] of small.entries()) writeFileSync(local(name), noise(index * 10_007));
    await sftp(server.login('bob'), ['mkdir before'], { cwd: directory() });
    const client = begin('put large');
    await until('the upload has begun', async () => (await sizeOf('large')) > MIB);
    const done = await sftp(
      server.login('alice'),
      ['mkdir kept', 'rename kept moved', ...small.map((name) => `put ${name} moved/`)],
      {
        cwd: directory(),
      },
    );
    expect(done.status).to.equal(0);
    const gone = once(client, 'close');
    await server.process().kill();
    await gone;

    for (const name of ['alice', 'bob']) {
      const checked = await server.anyfs('storage', 'check', name);
      expect(checked.status, checked.stderr + checked.stdout).to.equal(0);
    }
    await server.restart();
    await sftp(server.login('alice'), ['lmkdir back', 'get moved/* back/', 'get large part'], {
      cwd: directory(),
    });
    for (const name of small) {
      expect(readFileSync(local(`back/${name}`)).equals(readFileSync(local(name))), name).to.equal(true);
    }
    // What was not acknowledged may be cut off, but is never something else.
    const part = readFileSync(local('part'));
    expect(part.equals(readFileSync(local('large')).subarray(0, part.length))).to.equal(true);
    expect(answers(await sftp(server.login('bob'), ['ls -1']))).to.deep.equal(['before']);
  });

  it('the server again and again: every file that was acknowledged is there, whatever came next', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round++) {
      const names = Array.from({ length: 12 }, (_, index) => `round-${round}-${index}`);
      for (const name of names) writeFileSync(local(name), noise(150_000));
      await sftp(
        server.login('alice'),
        names.map((name) => `put ${name}`),
        { cwd: directory() },
      );
      acknowledged.push(...names);
      await sftp(server.login('alice'), [`rm ${acknowledged.shift()}`], { cwd: directory() });
      await server.process().kill();
      await server.restart();
    }
    expect(answers(await sftp(server.login('alice'), ['ls -1'])).sort()).to.deep.equal(
      [...acknowledged].sort(),
    );
    await sftp(server.login('alice'), ['lmkdir back', 'get * back/'], { cwd: directory() });
    for (const name of acknowledged) {
      expect(readFileSync(local(`back/${name}`)).equals(readFileSync(local(name))), name).to.equal(true);
    }
    expect(await server.process().stop()).to.equal(0);
    expect(await server.anyfs('storage', 'check', 'alice')).to.include({ status: 0 });
  });
});
