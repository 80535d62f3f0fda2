import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verify } from '@node-rs/argon2';
import { expect } from 'chai';
import { AccountStore } from '../../server/auth/accounts.ts';
import { SqliteBackend } from '../../vfs/backends/sqlite/index.ts';
import { anyfs, type CommandLineOptions } from '../support/command-line.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqP4WD5TTeMYsFhTEpXjkIBDpPVhb9SL+6bpMPHfvTz laptop';
const KEY_FINGERPRINT = 'SHA256:95UzDwK6Z3iXII/2JGmxDN7Op5rO7dd8DwA8dfDtPGY';
const PRIVATE_KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nTOPSECRET\n-----END OPENSSH PRIVATE KEY-----\n';

describe('anyfs user and anyfs key', () => {
  const temporary = temporaryDirectory();
  const data = (): string => join(temporary(), 'data');
  const storageFile = (name: string): string => join(data(), 'storage', `${name}.db`);

  function cli(argv: string, options: CommandLineOptions = {}) {
    return anyfs(argv.split(' '), { cwd: temporary(), env: { ANYFS_DATA: data() }, ...options });
  }

  async function done(argv: string, options: CommandLineOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await cli(argv, options);
    expect([code, stderr]).to.deep.equal([0, '']);
    return stdout;
  }

  async function json<T>(argv: string): Promise<T> {
    return JSON.parse(await done(`${argv} --json`)) as T;
  }

  function stored(name: string) {
    const accounts = new AccountStore(join(data(), 'accounts.db'));
    const account = accounts.find(name);
    accounts.close();
    return account;
  }

  function writeKeys(name: string, text: string): void {
    writeFileSync(join(temporary(), name), text);
  }

  async function makeStorage(name: string): Promise<void> {
    await (await SqliteBackend.open(storageFile(name))).dispose();
  }

  it('adds an account with keys, password and limits, in a data directory that is closed to others', async () => {
    writeKeys('a.pub', `# mine\n${KEY}\n`);
    const argv =
      'user add alice --key a.pub --password-stdin --quota 10GiB --max-files 5 --superuser --disabled';
    expect(await done(argv, { stdin: 'open sesame\n' })).to.equal(
      'added alice: uid 10000, login by 1 key, password, quota 10 GiB, at most 5 files, superuser, disabled\n',
    );
    expect(stored('alice')).to.deep.include({ uid: 10_000, superuser: true, enabled: false });
    expect(stored('alice')?.limits).to.deep.equal({ bytes: 10 * 2 ** 30, inodes: 5, fileSize: undefined });
    expect(await verify(stored('alice')?.passwordHash ?? '', 'open sesame')).to.equal(true);
    expect(statSync(data()).mode & 0o777).to.equal(0o700);
  });

  it('tells of an account that nobody could log in with', async () => {
    const { code, stderr } = await cli('user add alice');
    expect(code).to.equal(0);
    expect(stderr).to.equal('anyfs: alice cannot log in yet; add a key with: anyfs key add alice FILE\n');
  });

  it('adds nothing where a part of it cannot be had', async () => {
    writeKeys('bad.pub', `${KEY}\ncommand="ls" ${KEY}\n`);
    writeKeys('private', PRIVATE_KEY);
    const attempts = ['--key bad.pub', '--key missing.pub', '--key private', '--key bad.pub --quota 1'];
    for (const attempt of attempts) expect((await cli(`user add alice ${attempt}`)).code).to.equal(1);
    expect(existsSync(data())).to.equal(false);
  });

  it('names the line of a key that cannot be used, and shows nothing of a private key', async () => {
    writeKeys('bad.pub', `${KEY}\ncommand="ls" ${KEY}\n`);
    writeKeys('private', PRIVATE_KEY);
    expect((await cli('user add alice --key bad.pub')).stderr).to.match(
      /^anyfs: bad\.pub, line 2: the option command=/,
    );
    const { stderr } = await cli('user add alice --key private');
    expect(stderr)
      .to.match(/private, line 1: this is a private key/)
      .and.not.to.include('TOPSECRET');
  });

  it('refuses a second account of the same name', async () => {
    await cli('user add alice');
    const { code, stderr } = await cli('user add alice');
    expect([code, stderr]).to.deep.equal([1, 'anyfs: there is already an account alice\n']);
  });

  it('refuses passwords that are empty, too long, or more than one line', async () => {
    for (const stdin of ['', '\n', 'a\nb\n', 'x'.repeat(1025), 'a\0b']) {
      expect((await cli('user add alice --password-stdin', { stdin })).code).to.equal(2);
    }
    expect((await cli('user add alice --password-stdin --key -', { stdin: 'x' })).stderr).to.match(
      /only once/,
    );
    await done('user add alice --password-stdin', { stdin: 'no newline' });
    expect(await verify(stored('alice')?.passwordHash ?? '', 'no newline')).to.equal(true);
  });

  it('changes what is named and nothing else', async () => {
    await done('user add alice --quota 1GiB --password-stdin', { stdin: 'x' });
    expect(await done('user set alice --quota none --max-files 7')).to.match(
      /login by password, quota none, at most 7 files$/m,
    );
    await done('user set alice --disabled --superuser --no-password');
    expect(stored('alice')).to.deep.include({ enabled: false, superuser: true, passwordHash: undefined });
    await done('user set alice --enabled --no-superuser --max-files 0');
    expect(stored('alice')).to.deep.include({ enabled: true, superuser: false });
    expect(stored('alice')?.limits.inodes).to.equal(undefined);
    expect((await cli('user set bob --enabled')).stderr).to.equal('anyfs: there is no account bob\n');
  });

  it('takes the shell away and gives it back', async () => {
    expect(await done('user add alice --password-stdin --shell off', { stdin: 'x' })).to.match(/no shell$/m);
    expect(await done('user show alice')).to.match(/^shell: +off$/m);
    await done('user set alice --shell on');
    expect(await json('user show alice')).to.include({ shell: true });
    expect((await cli('user set alice --shell maybe')).stderr).to.match(
      /--shell: "maybe" is neither on nor off/,
    );
  });

  it('takes requests and changes away and gives them back', async () => {
    const added = await done('user add alice --password-stdin --read-only on --deny rmdir,remove,rmdir', {
      stdin: 'x',
    });
    expect(added).to.match(/read only, denied remove,rmdir$/m);
    expect(await json('user show alice')).to.deep.include({ readOnly: true, denied: ['remove', 'rmdir'] });
    expect(await done('user set alice --deny none')).to.match(/read only$/m);
    expect(await done('user show alice')).to.match(/^read only: +yes\ndenied: +none$/m);
    await done('user set alice --read-only off --deny posix-rename');
    expect(stored('alice')).to.deep.include({ readOnly: false, denied: ['posix-rename'] });
    for (const [flags, problem] of [
      ['--read-only yes', '--read-only: "yes" is neither on nor off'],
      ['--deny remove,delete', "--deny: there is no request 'delete'"],
    ] as const) {
      const { code, stderr } = await cli(`user set alice ${flags}`);
      expect(code).to.equal(2);
      expect(stderr).to.include(problem);
    }
    expect(stored('alice')?.denied).to.deep.equal(['posix-rename']);
  });

  it('lists and shows accounts, for people and as JSON', async () => {
    writeKeys('a.pub', KEY);
    await done('user add bob --key a.pub --quota 1GiB');
    await done('user add alice --password-stdin', { stdin: 'x' });
    expect(await done('user list')).to.equal(
      'NAME   UID    STATE    SHELL  QUOTA  LOGIN\nalice  10001  enabled  on     none   password\nbob    10000  enabled  on     1 GiB  1 key\n',
    );
    const list = await json<{ name: string; password: boolean }[]>('user list');
    expect(list.map(({ name, password }) => [name, password])).to.deep.equal([
      ['alice', true],
      ['bob', false],
    ]);
    expect(JSON.stringify(list)).not.to.include('argon2');
    expect(await json('user show bob')).to.deep.include({
      name: 'bob',
      uid: 10_000,
      quota: 2 ** 30,
      maxFiles: null,
      storageFileBytes: null,
    });
    expect(await done('user show bob'))
      .to.match(/^storage: {3}.*bob\.db \(not made yet\)$/m)
      .and.to.include(KEY_FINGERPRINT);
  });

  it('adds, lists and removes keys by fingerprint', async () => {
    await cli('user add alice');
    expect(await done('key add alice -', { stdin: `from="10.0.0.0/8" ${KEY}\n` })).to.equal(
      `${KEY_FINGERPRINT} laptop: added\n`,
    );
    expect(await done('key add alice -', { stdin: KEY })).to.match(/was there already/);
    expect(await json('key list alice')).to.deep.equal([
      { fingerprint: KEY_FINGERPRINT, type: 'ssh-ed25519', comment: 'laptop', options: '', expires: null },
    ]);
    expect((await cli('key remove alice SHA256:wrong')).code).to.equal(1);
    const { code, stderr } = await cli(`key remove alice ${KEY_FINGERPRINT.slice('SHA256:'.length)}`);
    expect([code, stderr]).to.deep.equal([0, 'anyfs: alice cannot log in any more\n']);
    expect(await json('key list alice')).to.deep.equal([]);
    for (const argv of ['key add bob -', 'key list bob', `key remove bob ${KEY_FINGERPRINT}`]) {
      expect((await cli(argv, { stdin: KEY })).stderr).to.match(/there is no account bob/);
    }
  });

  it('removes an account and its storage, but only when told so', async () => {
    await cli('user add alice');
    await makeStorage('alice');
    const asked = await cli('user remove alice');
    expect(asked.code).to.equal(2);
    expect(asked.stderr).to.match(
      /alice\.db with all that is in it; repeat with --yes .* --keep-storage --yes/,
    );
    expect(stored('alice')).not.to.equal(undefined);
    await done('user remove alice --yes');
    expect(stored('alice')).to.equal(undefined);
    expect(existsSync(storageFile('alice'))).to.equal(false);
    expect((await cli('user remove alice --yes')).code).to.equal(1);
  });

  it('keeps a storage when told so, and gives it with its uid only to an account that adopts it', async () => {
    await cli('user add alice');
    await makeStorage('alice');
    expect(await done('user remove alice --keep-storage --yes')).to.match(/alice\.db is kept/);
    await cli('user add bob');
    expect((await cli('user add alice')).stderr).to.match(
      /left from an earlier account; move it away, or .*--adopt-storage/,
    );
    await cli('user add alice --adopt-storage');
    expect(stored('alice')?.uid).to.equal(10_000);
  });

  it('does not remove a storage that somebody has open', async () => {
    await cli('user add alice');
    const backend = await SqliteBackend.open(storageFile('alice'));
    try {
      const { code, stderr } = await cli('user remove alice --yes');
      expect(code).to.equal(1);
      expect(stderr).to.match(/in use by another process; .*--keep-storage/);
      expect(stored('alice')).not.to.equal(undefined);
    } finally {
      await backend.dispose();
    }
  });

  it('removes a storage that is damaged beyond opening', async () => {
    await cli('user add alice');
    writeFileSync(storageFile('alice'), 'rubbish '.repeat(1000));
    await done('user remove alice --yes');
    expect(existsSync(storageFile('alice'))).to.equal(false);
  });

  it('says in one line what is wrong with the file of accounts', async () => {
    mkdirSync(data());
    expect((await cli('user list')).stderr).to.match(/has no accounts yet; add one/);
    writeFileSync(join(data(), 'accounts.db'), 'rubbish '.repeat(1000));
    const { code, stderr } = await cli('user list');
    expect(code).to.equal(1);
    expect(stderr).to.match(/^anyfs: [^\n]*accounts\.db is not a database; restore it from a backup\n$/);
    expect(readFileSync(join(data(), 'accounts.db'), 'utf8')).to.match(/^rubbish/);
  });
});
