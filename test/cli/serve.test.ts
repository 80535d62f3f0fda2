import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { generateOpensshKeyPair } from '../../keys/openssh-key-pair.ts';
import { AccountStore } from '../../server/auth/accounts.ts';
import { anyfs } from '../support/command-line.ts';
import { requireProgram } from '../support/require-program.ts';
import { serveProcess, type ServeProcess } from '../support/serve-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const exec = promisify(execFile);

describe('anyfs serve', function () {
  this.timeout(60_000);
  const temporary = temporaryDirectory();
  const at = (...names: string[]): string => join(temporary(), ...names);
  const running: ServeProcess[] = [];

  beforeEach(() => mkdirSync(at('home', '.ssh'), { recursive: true }));
  afterEach(async () => {
    for (const server of running.splice(0)) {
      server.kill('SIGKILL');
      await server.ended;
    }
  });

  function serve(options: { readonly user?: string; readonly node?: readonly string[] } = {}): ServeProcess {
    const server = serveProcess({
      args: ['--data', at('data'), '--listen', '127.0.0.1:0'],
      env: { HOME: at('home'), USER: options.user ?? 'zoe' },
      node: options.node,
    });
    running.push(server);
    return server;
  }

  function cli(...argv: string[]) {
    return anyfs(argv, { env: { ANYFS_DATA: at('data') }, cwd: temporary() });
  }

  async function json<T>(...argv: string[]): Promise<T> {
    return JSON.parse((await cli(...argv, '--json')).stdout) as T;
  }

  async function makeKey(): Promise<string> {
    const pair = await generateOpensshKeyPair('ssh-ed25519', 'zoe@laptop');
    const file = at('home', '.ssh', 'id_ed25519');
    writeFileSync(file, pair.privateText, { mode: 0o600 });
    writeFileSync(`${file}.pub`, pair.publicLine);
    return file;
  }

  /**
   * Pastes the line that the server printed and types commands, with what keeps a test away from the files of the
   * person who runs it. `before` comes in front of sftp.
   */
  async function paste(
    line: string,
    commands: string,
    options: readonly string[],
    before: readonly string[] = [],
  ) {
    const hosts = ['-o', 'StrictHostKeyChecking=no', '-o', `UserKnownHostsFile=${at('known_hosts')}`];
    const [program = '', ...words] = [
      ...before,
      'sftp',
      '-F',
      'none',
      ...hosts,
      ...options,
      ...line.split(' ').slice(1),
    ];
    const result = exec(program, words);
    result.child.stdin?.end(commands);
    return result;
  }

  function withKey(file: string): string[] {
    return ['-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '-i', file];
  }

  it('makes everything on its first start, and the line that it prints logs in', async function () {
    requireProgram(this, 'sftp');
    const key = await makeKey();
    writeFileSync(at('home', '.ssh', 'old.pub'), 'ssh-dss AAAA old');
    const server = serve();
    const line = await server.started;
    expect(line).to.match(/^sftp -P \d+ zoe@localhost$/);
    const lines = server.output().stdout.trimEnd().split('\n');
    expect(lines.at(-1)).to.equal(line);
    expect(lines.slice(1, 4).every((text) => /^Host key SHA256:\S{43} \(\S+\)$/.test(text))).to.equal(true);
    expect(lines[4]).to.match(/^Not used: .*old\.pub: DSA keys are too weak/);
    expect(lines[5]).to.equal(
      'Made the account zoe with 10 GiB of room and the keys of ~/.ssh/id_ed25519.pub',
    );
    expect(await json('user', 'show', 'zoe')).to.deep.include({ password: false, quota: 10 * 2 ** 30 });

    writeFileSync(at('hello'), 'hello');
    await paste(line, `put ${at('hello')} there\nget there ${at('back')}\n`, withKey(key));
    expect(readFileSync(at('back'), 'utf8')).to.equal('hello');
    const known = readFileSync(at('known_hosts'), 'utf8').split(' ')[2]?.trim() ?? '';
    expect(readFileSync(at('data', 'host_keys', 'ssh_host_ed25519_key.pub'), 'utf8')).to.include(known);

    server.kill('SIGTERM');
    expect((await server.ended).code).to.equal(0);
    expect((await cli('storage', 'ls', 'zoe')).stdout).to.equal('there\n');
  });

  it('generates a password where there is no key, shows it once, and never logs it', async function () {
    const sshpass = requireProgram(this, 'sshpass');
    const first = serve({ user: 'Not A Name' });
    const line = await first.started;
    expect(line).to.match(/ demo@localhost$/);
    const made = /^Made the account demo with 10 GiB of room and the password (\S+)$/m;
    const password = made.exec(first.output().stdout)?.[1] ?? '';
    expect(password).to.match(/^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
    const options = ['-o', 'PubkeyAuthentication=no', '-o', 'NumberOfPasswordPrompts=1'];
    await paste(line, 'mkdir made\n', options, [sshpass, '-p', password]);
    first.kill('SIGINT');
    const { code, stderr } = await first.ended;
    expect(code).to.equal(0);
    expect(stderr).not.to.include(password);
    expect((await cli('storage', 'ls', 'demo')).stdout).to.equal('made\n');

    const second = serve({ user: 'Not A Name' });
    expect(await second.started).to.match(/ demo@localhost$/);
    expect(second.output().stdout).not.to.match(/password|Made/);
  });

  it('lets accounts and keys that change while it runs count from the next login on', async function () {
    requireProgram(this, 'sftp');
    const server = serve();
    const line = (await server.started).replace('zoe@', 'alice@');
    const key = await makeKey();
    const login = () =>
      paste(line, 'pwd\n', withKey(key)).then(
        () => true,
        () => false,
      );
    expect(await login()).to.equal(false);
    expect((await cli('user', 'add', 'alice', '--key', `${key}.pub`)).code).to.equal(0);
    expect(await login()).to.equal(true);

    const holder = `the storage of alice is in use by the running server (process id ${server.pid})`;
    const advice = 'try again some time after the last session of alice, or stop the server';
    const removal = await cli('user', 'remove', 'alice', '--yes');
    expect([removal.code, removal.stderr]).to.deep.equal([
      1,
      `anyfs: ${holder}; ${advice}; or keep the file with --keep-storage\n`,
    ]);

    await cli('user', 'set', 'alice', '--disabled');
    expect(await login()).to.equal(false);
    await cli('user', 'set', 'alice', '--enabled');
    expect(await login()).to.equal(true);
    const [print] = await json<{ fingerprint: string }[]>('key', 'list', 'alice');
    await cli('key', 'remove', 'alice', print?.fingerprint ?? '');
    expect(await login()).to.equal(false);
  });

  it('reads anyfs.yaml, and logs JSON to standard error where it is told to', async () => {
    mkdirSync(at('data'));
    writeFileSync(at('data', 'anyfs.yaml'), 'log-format: json\n');
    const server = serve();
    await server.started;
    server.kill('SIGTERM');
    const { code, stderr } = await server.ended;
    expect(code).to.equal(0);
    const entries = stderr
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(entries.map((entry) => entry['message'])).to.include('shutting down');
  });

  it('logs an error that nothing has caught, and ends with 1 and all its files closed', async () => {
    const bug = "process.on('SIGUSR2', () => { throw new Error('a bug') })";
    const server = serve({ node: ['--import', `data:text/javascript,${encodeURIComponent(bug)}`] });
    await server.started;
    server.kill('SIGUSR2');
    const { code, signal, stderr } = await server.ended;
    expect([code, signal]).to.deep.equal([1, null]);
    expect(stderr).to.match(/error an error that nothing has caught; the server ends {2}error="a bug"/);
    const accounts = new AccountStore(at('data', 'accounts.db'));
    expect(accounts.list()).to.have.length(1);
    accounts.close();
    expect(existsSync(at('data', 'accounts.db-wal'))).to.equal(false);
  });
});
