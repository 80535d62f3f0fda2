import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verify } from '@node-rs/argon2';
import { expect } from 'chai';
import { makeData } from '../../cli/data-directory.ts';
import type { DataPaths } from '../../cli/data-paths.ts';
import { FIRST_QUOTA_BYTES, firstRun, generatePassword } from '../../cli/first-run.ts';
import { loginLine, startupLines } from '../../cli/startup-lines.ts';
import { AccountStore } from '../../server/auth/accounts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqP4WD5TTeMYsFhTEpXjkIBDpPVhb9SL+6bpMPHfvTz laptop';

describe('the first run', () => {
  const temporary = temporaryDirectory();
  const ssh = (name: string): string => join(temporary(), '.ssh', name);
  let accounts: AccountStore;
  let paths: DataPaths;

  beforeEach(() => {
    paths = makeData(join(temporary(), 'data'));
    accounts = new AccountStore(paths.accounts);
    mkdirSync(join(temporary(), '.ssh'));
  });
  afterEach(() => accounts.close());

  function start(user?: string) {
    return firstRun(accounts, paths, { home: temporary(), env: user === undefined ? {} : { USER: user } });
  }

  it('makes an account named after the person, with every public key of their ~/.ssh', async () => {
    writeFileSync(ssh('id_ed25519.pub'), `${KEY}\n`);
    writeFileSync(ssh('id_ed25519'), 'a private key, which nobody reads');
    writeFileSync(ssh('authorized_keys'), 'not a public key of this person');
    expect(await start('zoe')).to.deep.equal({
      name: 'zoe',
      keyFiles: [ssh('id_ed25519.pub')],
      password: undefined,
      skipped: [],
    });
    const [key, ...others] = accounts.find('zoe')?.keys ?? [];
    expect([key?.comment, others]).to.deep.equal(['laptop', []]);
    expect(accounts.find('zoe')?.limits.bytes).to.equal(FIRST_QUOTA_BYTES);
  });

  it('leaves out what it cannot use, with the reason', async () => {
    writeFileSync(ssh('a.pub'), KEY);
    writeFileSync(ssh('b.pub'), 'rubbish');
    writeFileSync(ssh('c.pub'), 'x'.repeat(100_000));
    mkdirSync(ssh('d.pub'));
    symlinkSync('/nonexistent', ssh('e.pub'));
    const made = await start('zoe');
    expect(made?.keyFiles).to.deep.equal([ssh('a.pub')]);
    expect(made?.skipped.map((line) => line.split(': ')[0])).to.deep.equal(
      ['b', 'c', 'd', 'e'].map((name) => ssh(`${name}.pub`)),
    );
  });

  it('generates a password where there is no key, and keeps nothing but its hash', async () => {
    const made = await start('zoe');
    const hash = accounts.find('zoe')?.passwordHash ?? '';
    expect(hash).to.match(/^\$argon2id\$/);
    expect(await verify(hash, made?.password ?? '')).to.equal(true);
  });

  it('calls the account demo where the person has no name that would do', async () => {
    expect((await start('John Doe'))?.name).to.equal('demo');
  });

  it('does the same without USER', async () => {
    expect((await start())?.name).to.equal('demo');
  });

  it('does nothing where there is an account, even one that cannot log in', async () => {
    accounts.add('alice', { enabled: false });
    expect(await start('zoe')).to.equal(undefined);
    expect(accounts.list()).to.have.length(1);
  });

  it('generates a password that is new each time', () => {
    const passwords = Array.from({ length: 100 }, generatePassword);
    expect(new Set(passwords).size).to.equal(100);
    expect(
      passwords.every((password) => /^([a-hjkmnp-z2-9]{5}-){3}[a-hjkmnp-z2-9]{5}$/.test(password)),
    ).to.equal(true);
  });
});

describe('the startup lines', () => {
  const some = { version: '1', data: '/d', hostKeys: [], firstAccount: undefined };

  it('end in the line to paste, alone', () => {
    const addresses = [
      { host: '127.0.0.1', port: 2022 },
      { host: '10.0.0.1', port: 22 },
    ];
    expect(startupLines({ ...some, addresses, name: 'zoe' })).to.deep.equal([
      'AnyFS 1, data directory /d',
      'Listening on 127.0.0.1:2022, 10.0.0.1:22. To log in:',
      'sftp -P 2022 zoe@localhost',
    ]);
  });

  it('say so where no account can log in', () => {
    const lines = startupLines({ ...some, addresses: [{ host: '::', port: 22 }], name: undefined });
    expect(lines.slice(1)).to.deep.equal([
      'No account can log in yet; add one with: anyfs user add NAME --key FILE',
      'Listening on [::]:22. To log in:',
      'sftp -P 22 NAME@localhost',
    ]);
  });

  it('name the address as a person reaches it', () => {
    const hosts = ['127.0.0.1', '0.0.0.0', '::', '', '192.0.2.1', 'files.example.org', '::1', '2001:db8::1'];
    expect(hosts.map((host) => loginLine({ host, port: 1 }, 'a').replace('sftp -P 1 ', ''))).to.deep.equal([
      'a@localhost',
      'a@localhost',
      'a@localhost',
      'a@localhost',
      'a@192.0.2.1',
      'a@files.example.org',
      "'a@[::1]'",
      "'a@[2001:db8::1]'",
    ]);
  });
});
