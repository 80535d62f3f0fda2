import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { AccountStore } from '../../server/auth/accounts.ts';
import { startAnyfs } from '../support/command-line.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('anyfs serve, where it cannot start', () => {
  const temporary = temporaryDirectory();
  const at = (...names: string[]): string => join(temporary(), ...names);
  let ending: AbortController;
  beforeEach(() => {
    ending = new AbortController();
  });

  function serve(...args: string[]) {
    const argv = ['serve', '--data', at('data'), '--listen', '127.0.0.1:0', ...args];
    return startAnyfs(argv, { env: { USER: 'zoe' }, home: at('home'), signal: ending.signal });
  }

  /** Starts a server in this process, runs `work` beside it, and ends it. */
  async function beside(work: () => Promise<void>): Promise<void> {
    const server = serve();
    try {
      await server.printed(/^sftp -P \d+ zoe@localhost\n$/m);
      await work();
    } finally {
      ending.abort();
    }
    expect((await server.done).code).to.equal(0);
    ending = new AbortController();
  }

  it('refuses a data directory that another server has, and says which', async () => {
    await beside(async () => {
      const { code, stdout, stderr } = await serve().done;
      expect([code, stdout]).to.deep.equal([1, '']);
      const holder = `is in use by the server with process id ${process.pid}, listening on 127.0.0.1:`;
      expect(stderr)
        .to.match(/^[^\n]+\n$/)
        .and.to.include(`anyfs: the data directory ${at('data')} ${holder}`);
    });
  });

  it('lets go of everything when it ends, so that the next server can start', async () => {
    await beside(async () => {});
    await beside(async () => {});
    expect(existsSync(at('data', 'control.sock'))).to.equal(false);
  });

  it('says in one line that an address is taken, and makes no account whose password nobody would see', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await serve('--listen', `127.0.0.1:${port}`).done;
    other.close();
    expect([code, stdout]).to.deep.equal([1, '']);
    const advice = 'the address is in use; is a server running already? Give another with --listen';
    expect(stderr).to.equal(`anyfs: 127.0.0.1:${port}: ${advice}\n`);
    const accounts = new AccountStore(at('data', 'accounts.db'));
    expect(accounts.list()).to.deep.equal([]);
    accounts.close();
  });

  it('refuses settings that cannot be used before it makes anything', async () => {
    const { code, stderr } = await serve('--umask', 'abc').done;
    expect([code, stderr]).to.deep.equal([2, 'anyfs: --umask: must be octal, like 022\n']);
    expect(existsSync(at('data'))).to.equal(false);
  });

  it('names the line of anyfs.yaml that cannot be used', async () => {
    mkdirSync(at('data'));
    writeFileSync(at('data', 'anyfs.yaml'), '# mine\nlisten-on: ":2022"\n');
    const { code, stderr } = await serve().done;
    expect(code).to.equal(2);
    expect(stderr).to.match(
      /^anyfs: \S+anyfs\.yaml, line 2: there is no setting "listen-on"; did you mean "listen"\?\n$/,
    );
  });

  it('refuses host keys that others can read', async () => {
    await beside(async () => {});
    chmodSync(at('data', 'host_keys', 'ssh_host_rsa_key'), 0o644);
    const { code, stderr } = await serve().done;
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /^anyfs: \S+ssh_host_rsa_key can be read or changed by others \(mode 0644\); run: chmod 600 [^\n]+\n$/,
    );
  });

  it('refuses a file in the place of the data directory', async () => {
    writeFileSync(at('data'), '');
    const { code, stderr } = await serve().done;
    expect(code).not.to.equal(0);
    expect(stderr).to.match(/^anyfs: [^\n]*data[^\n]*\n$/);
  });
});
