import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { builtAnyfs, tryBuiltAnyfs } from '../support/built-anyfs.ts';
import { startClientServer, type StartedClientServer } from '../support/client-server.ts';
import { noise } from '../support/local-tree.ts';
import type { Finished } from '../support/run-program.ts';
import { ssh2Session, type Ssh2Session } from '../support/ssh2-session.ts';
import { until } from '../support/until.ts';

const MIB = 2 ** 20;

for (const workers of ['1', '2']) {
  describe(`storage commands on a storage that a server of --workers ${workers} has open`, function () {
    this.timeout(60_000);
    let server: StartedClientServer;
    let host: string;
    let sessions: Ssh2Session[];
    const content = noise(300_000);
    const on = (...names: string[]): string => join(host, ...names);
    const run = (...args: string[]): Promise<Finished> =>
      builtAnyfs(['storage', ...args, '--data', server.data], { cwd: host });
    const refusal = async (...args: string[]): Promise<string> => {
      const { status, stderr } = await tryBuiltAnyfs(['storage', ...args, '--data', server.data], {
        cwd: host,
      });
      expect(status).to.equal(1);
      return stderr;
    };
    /** Of the session that came last: with several workers not the one that opened the storage. */
    const session = (): Ssh2Session => sessions.at(-1) as Ssh2Session;

    before(async () => {
      host = mkdtempSync(join(tmpdir(), 'anyfs-host-'));
      server = await startClientServer({ alice: { flags: ['--quota', '2MiB'] } }, '--workers', workers);
      sessions = [await ssh2Session(server.login('alice')), await ssh2Session(server.login('alice'))];
      await session().makeDirectory('dir');
      await session().put('dir/file', content);
    });

    after(async () => {
      for (const one of sessions) one.end();
      await server.stop();
      rmSync(host, { recursive: true, force: true });
    });

    it('list it, with what a session has just written', async () => {
      expect((await run('ls', 'alice', '-R')).stdout).to.equal('/dir\n/dir/file\n');
      expect((await run('ls', 'alice', '/dir', '-l')).stdout).to.match(
        /^-rw-r--r-- +1 alice +alice +300000 \S+ \S+ file\n$/,
      );
      expect(await refusal('ls', 'alice', '/missing')).to.match(/\/missing: no such file or directory/);
    });

    it('write a file of it out byte for byte', async () => {
      expect((await run('cat', 'alice', '/dir/file')).output.equals(content)).to.equal(true);
    });

    it('tell how much is in it', async () => {
      const usage = JSON.parse((await run('usage', 'alice', '--json')).stdout) as object;
      expect(usage).to.include({ bytes: content.length, quota: 2 * MIB, files: 2 });
    });

    it('bring files in and out while sessions use them, owned by the account', async () => {
      mkdirSync(on('in'));
      writeFileSync(on('in', 'a'), content);
      expect((await run('import', 'alice', 'in', '/dir')).stdout).to.match(/^imported 1 file, 1 directory/);
      expect((await session().get('dir/in/a')).equals(content)).to.equal(true);
      expect((await run('ls', 'alice', '/dir/in', '-l')).stdout).to.match(/ alice +alice +300000 /);
      await session().rename('dir/in/a', 'dir/in/b');
      expect((await run('export', 'alice', '/dir/in', 'out')).stdout).to.match(/^exported 1 file/);
      expect(readFileSync(on('out', 'b')).equals(content)).to.equal(true);
      await session().remove('dir/in/b');
    });

    it('stay within the quota, together with the sessions', async () => {
      writeFileSync(on('big'), noise(2 * MIB - content.length + 1));
      expect(await refusal('import', 'alice', 'big')).to.match(/quota exceeded/);
      expect(await session().names('.')).to.deep.equal(['dir']);
    });

    it('check it while a session writes, and leave nothing behind', async () => {
      const over = new AbortController();
      const busy = (async () => {
        for (let index = 0; !over.signal.aborted; index++)
          await session().put('dir/busy', noise(50_000 + index));
      })();
      for (let round = 0; round < 3; round++) {
        expect((await run('check', 'alice')).stdout).to.match(/alice.db: ok\n$/);
      }
      over.abort();
      await busy;
      await session().remove('dir/busy');
      await until(
        'the copies are gone',
        () => !readdirSync(server.data).some((name) => name.startsWith('copy-')),
      );
    });

    it('reach it by a socket that is for its owner alone', () => {
      const names = workers === '1' ? ['storage.sock'] : ['worker-1.sock', 'worker-2.sock'];
      for (const name of names) expect(statSync(join(server.data, name)).mode & 0o777).to.equal(0o600);
    });
  });
}
