import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Finding } from '../../cli/doctor/finding.ts';
import { loadOrCreateHostKeys } from '../../keys/host-keys.ts';
import { anyfs, startAnyfs } from '../support/command-line.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('anyfs doctor', () => {
  const temporary = temporaryDirectory();
  const data = (): string => join(temporary(), 'data');
  const cli = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    anyfs(argv, { cwd: temporary(), env: { ANYFS_DATA: data(), ANYFS_LISTEN: '127.0.0.1:0', ...env } });

  async function findings(about: string, env: Readonly<Record<string, string>> = {}): Promise<string[]> {
    const { stdout } = await cli(['doctor', '--json'], env);
    const all = JSON.parse(stdout) as Finding[];
    return all.filter((finding) => finding.about === about).map(({ verdict, says }) => `${verdict}: ${says}`);
  }

  it('finds nothing that fails in a new installation, and changes nothing', async () => {
    const { code, stdout, stderr } = await cli(['doctor']);
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout)
      .to.match(/^ok {4}node {8}\d+/m)
      .and.to.match(/^ok {4}sqlite {6}3\./m);
    expect(stdout).to.match(/^warn {2}data {8}\S+ does not exist; the first start makes it$/m);
    expect(stdout).to.match(/^ok {4}server {6}not running; 127\.0\.0\.1:0 is free$/m);
    expect((await cli(['user', 'list'])).stderr).to.match(/no data directory/);
  });

  it('finds accounts that nobody can log in with, and storages without an account', async () => {
    await cli(['user', 'add', 'alice']);
    await cli(['user', 'add', 'bob', '--disabled']);
    writeFileSync(join(data(), 'storage', 'eve.db'), '');
    expect(await findings('accounts')).to.deep.equal([
      'ok: 2',
      'warn: without key or password, so without a way to log in: alice',
    ]);
    expect(await findings('storages')).to.deep.equal([
      'ok: 1',
      'warn: left from accounts that are gone: eve.db',
    ]);
  });

  it('finds what others can see into', async () => {
    await cli(['user', 'add', 'alice']);
    expect(await findings('access')).to.deep.equal([`ok: ${data()} is closed to others`]);
    chmodSync(data(), 0o755);
    expect(await findings('access')).to.deep.equal([
      `warn: others can see into ${data()}; run: chmod go= '${data()}'`,
    ]);
  });

  it('fails for host keys that a server would refuse', async () => {
    const directory = join(data(), 'host_keys');
    await loadOrCreateHostKeys(directory);
    expect(await findings('host keys')).to.deep.equal(['ok: ssh-ed25519, ecdsa-sha2-nistp256, ssh-rsa']);
    chmodSync(join(directory, 'ssh_host_rsa_key'), 0o640);
    const { code, stderr } = await cli(['doctor']);
    expect([code, stderr]).to.deep.equal([
      1,
      'anyfs: 1 of these must be put right before the server can run\n',
    ]);
    expect((await findings('host keys'))[0]).to.match(/^fail: .*chmod 600/);
  });

  it('fails for a file of accounts that is none', async () => {
    mkdirSync(data());
    writeFileSync(join(data(), 'accounts.db'), 'rubbish '.repeat(1000));
    expect((await findings('accounts'))[0]).to.match(/^fail: .*accounts\.db is not a database/);
  });

  it('fails for an address that another program has', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const [found] = await findings('server', { ANYFS_LISTEN: `127.0.0.1:${port}` });
    other.close();
    expect(found).to.match(
      /^fail: not running, and it could not listen: 127\.0\.0\.1:\d+: the address is in use/,
    );
  });

  it('tells of the server that is running', async () => {
    const ending = new AbortController();
    const env = { ANYFS_DATA: data(), ANYFS_LISTEN: '127.0.0.1:0' };
    const server = startAnyfs(['serve'], { env, home: temporary(), signal: ending.signal });
    await server.printed(/^sftp .*\n$/m);
    const [found] = await findings('server');
    ending.abort();
    await server.done;
    expect(found).to.match(
      /^ok: running: process id \d+, version \S+, listening on 127\.0\.0\.1:\d+; 0 connections$/,
    );
  });

  it('names variables that are no settings', async () => {
    expect((await findings('settings', { ANYFS_LISTN: 'x' }))[1]).to.match(
      /^warn: ANYFS_LISTN is no setting .*ANYFS_LISTEN/,
    );
  });
});
