import { execFile } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { parseAuthorizedKeys, type AuthorizedKey } from '../../../keys/authorized-keys.ts';
import { fingerprint } from '../../../keys/fingerprint.ts';
import { AccountError, type AccountErrorCode } from '../../../server/auth/account-error.ts';
import { accountNameProblem } from '../../../server/auth/account-name.ts';
import { AccountStore } from '../../../server/auth/accounts.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const LINE =
  'from="10.0.0.0/8" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqP4WD5TTeMYsFhTEpXjkIBDpPVhb9SL+6bpMPHfvTz laptop';

function someKey(line = LINE): AuthorizedKey {
  const [key] = parseAuthorizedKeys(line).keys;
  if (key === undefined) throw new Error('the test has no key');
  return key;
}

function codeOf(action: () => unknown): AccountErrorCode | undefined {
  try {
    action();
  } catch (error) {
    return (error as AccountError).code;
  }
  return undefined;
}

describe('the store of accounts', () => {
  const temporary = temporaryDirectory();
  const file = (): string => join(temporary(), 'accounts.db');
  let store: AccountStore;
  beforeEach(() => {
    store = new AccountStore(file());
  });
  afterEach(() => store.close());

  it('gives a new account a uid from 10,000, enabled, without limits, keys and password', () => {
    expect(store.add('alice', {})).to.deep.equal({
      name: 'alice',
      uid: 10_000,
      gid: 10_000,
      superuser: false,
      enabled: true,
      shell: true,
      limits: { bytes: undefined, inodes: undefined, fileSize: undefined },
      readOnly: false,
      denied: [],
      passwordHash: undefined,
      keys: [],
    });
    expect(store.find('alice')?.uid).to.equal(10_000);
    expect(store.nameOfUid(10_000)).to.equal('alice');
    expect(store.find('bob')).to.equal(undefined);
    expect(store.nameOfUid(10_001)).to.equal(undefined);
  });

  it('never gives a uid out twice, not even that of the last account', () => {
    store.add('alice', {});
    store.add('bob', {});
    store.remove('bob', { keepsStorage: false });
    expect(store.add('bob', {}).uid).to.equal(10_002);
  });

  it('gives the uid back to an account of the same name that adopts the storage kept for it', () => {
    store.add('alice', {});
    store.remove('alice', { keepsStorage: true });
    store.add('bob', {});
    expect(store.add('alice', {}, { adopt: true }).uid).to.equal(10_000);
    store.remove('alice', { keepsStorage: true });
    expect(store.add('alice', {}).uid).to.equal(10_002);
  });

  it('changes what is named and leaves the rest', () => {
    store.add('alice', { superuser: true, bytes: 10, inodes: 20, passwordHash: '$x' });
    const changed = store.set('alice', { bytes: null, fileSize: 2 ** 53 - 1, enabled: false });
    expect(changed).to.deep.include({ superuser: true, enabled: false, passwordHash: '$x' });
    expect(changed.limits).to.deep.equal({ bytes: undefined, inodes: 20, fileSize: 2 ** 53 - 1 });
    expect(store.set('alice', { passwordHash: null }).passwordHash).to.equal(undefined);
  });

  it('changes nothing where a part of the change fails', () => {
    store.add('alice', { bytes: 10 });
    expect(() => store.set('alice', { bytes: 20, inodes: -1 })).to.throw();
    expect(store.find('alice')?.limits.bytes).to.equal(10);
    expect(() => store.add('bob', { inodes: -1 })).to.throw();
    expect(store.find('bob')).to.equal(undefined);
  });

  it('keeps keys with their options, and one key once', () => {
    store.add('alice', {});
    expect(store.addKey('alice', someKey())).to.equal(true);
    expect(store.addKey('alice', { ...someKey(), comment: 'desk' })).to.equal(false);
    const [key, ...others] = store.find('alice')?.keys ?? [];
    expect(others).to.deep.equal([]);
    expect(key).to.deep.equal({ ...someKey(), comment: 'desk' });
    store.removeKey('alice', fingerprint(someKey().blob));
    expect(store.find('alice')?.keys).to.deep.equal([]);
  });

  it('removes the keys with the account', () => {
    store.add('alice', {});
    store.addKey('alice', someKey());
    store.remove('alice', { keepsStorage: false });
    const database = new Database(file());
    expect(database.prepare('SELECT count(*) FROM keys').pluck().get()).to.equal(0);
    database.close();
  });

  it('leaves out a key whose options it does not understand, instead of giving it more rights', () => {
    store.add('alice', {});
    store.addKey('alice', { ...someKey(), optionsText: 'only-on-mondays' });
    expect(store.find('alice')?.keys).to.deep.equal([]);
  });

  it('says what is wrong by code', () => {
    store.add('alice', {});
    expect(codeOf(() => store.add('alice', {}))).to.equal('EXISTS');
    expect(codeOf(() => store.add('Alice', {}))).to.equal('INVALID');
    expect(codeOf(() => store.set('bob', {}))).to.equal('UNKNOWN');
    expect(codeOf(() => store.remove('bob', { keepsStorage: false }))).to.equal('UNKNOWN');
    expect(codeOf(() => store.addKey('bob', someKey()))).to.equal('UNKNOWN');
    expect(codeOf(() => store.removeKey('alice', 'SHA256:x'))).to.equal('UNKNOWN');
  });

  it('shows a change to every other opener at the next look', () => {
    const other = new AccountStore(file());
    store.add('alice', {});
    expect(other.find('alice')?.enabled).to.equal(true);
    store.set('alice', { enabled: false });
    expect(other.find('alice')?.enabled).to.equal(false);
    other.close();
  });

  it('goes on reading while another process writes, and says BUSY to a second writer', () => {
    store.add('alice', {});
    const writer = new Database(file());
    writer.exec("BEGIN IMMEDIATE; UPDATE accounts SET name = 'eve'");
    expect(store.find('alice')?.name).to.equal('alice');
    expect(codeOf(() => store.add('bob', {}))).to.equal('BUSY');
    writer.exec('ROLLBACK');
    writer.close();
    expect(store.add('bob', {}).uid).to.equal(10_001);
  });
});

describe('the file of accounts', () => {
  const temporary = temporaryDirectory();
  const file = (): string => join(temporary(), 'accounts.db');

  function made(): void {
    new AccountStore(file()).close();
  }

  function change(sql: string): void {
    const database = new Database(file());
    database.exec(sql);
    database.close();
  }

  it('is readable by its owner alone', () => {
    made();
    expect(statSync(file()).mode & 0o777).to.equal(0o600);
  });

  it('is not made where it should be there already', () => {
    expect(codeOf(() => new AccountStore(file(), { create: false }))).to.equal('FILE');
    expect(existsSync(file())).to.equal(false);
  });

  it('of the first version is brought to this one: accounts that were there have a shell, and nothing is denied', () => {
    const before = new AccountStore(file());
    before.add('alice', { bytes: 7 });
    before.close();
    const drops = ['shell', 'read_only', 'denied'].map(
      (column) => `ALTER TABLE accounts DROP COLUMN ${column}`,
    );
    change(`${drops.join('; ')}; PRAGMA user_version = 1`);
    const after = new AccountStore(file());
    const untouched = { shell: true, readOnly: false, denied: [] };
    expect(after.find('alice')).to.deep.include({ name: 'alice', uid: 10_000, ...untouched });
    expect(after.set('alice', { shell: false }).shell).to.equal(false);
    after.close();
  });

  it('has no account that is denied what this version does not know', () => {
    const before = new AccountStore(file());
    before.add('alice', {});
    before.close();
    change("UPDATE accounts SET denied = 'remove,teleport'");
    const store = new AccountStore(file());
    expect(() => store.find('alice')).to.throw(AccountError, /newer version/);
    expect(store.set('alice', { denied: ['remove'] }).denied).to.deep.equal(['remove']);
    store.close();
  });

  it('is refused when a newer version, another program, or nobody at all wrote it', () => {
    made();
    change('PRAGMA user_version = 99');
    expect(() => new AccountStore(file())).to.throw(AccountError, /newer version/);
    change('PRAGMA user_version = 0; PRAGMA application_id = 7');
    expect(() => new AccountStore(file())).to.throw(AccountError, /another program/);
    writeFileSync(file(), 'not a database, and long enough to be read as one'.repeat(100));
    expect(() => new AccountStore(file())).to.throw(AccountError, /not a database/);
  });

  it('is made once by processes that start together, and every account has its own uid', async function () {
    this.timeout(60_000);
    const script = `
      import { AccountStore } from ${JSON.stringify(new URL('../../../server/auth/accounts.ts', import.meta.url).href)};
      const store = new AccountStore(process.env['FILE'], { busyMilliseconds: 20_000 });
      for (let n = 0; n < 25; n++) store.add(process.env['NAME'] + n, {});
      store.close();`;
    const run = (name: string) =>
      promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
        env: { ...process.env, FILE: file(), NAME: name },
      });
    await Promise.all(['a', 'b', 'c'].map(run));
    const store = new AccountStore(file());
    const uids = store.list().map((account) => account.uid);
    store.close();
    expect(new Set(uids).size).to.equal(75);
  });
});

describe('account names', () => {
  const good = ['a', '_', 'alice', 'a.b-c_d', 'a1', 'x'.repeat(32), 'db', 'a..b'];
  const bad = [
    '',
    'Alice',
    '1a',
    '.',
    '..',
    '-a',
    'a/b',
    'a b',
    'ä',
    'x'.repeat(33),
    'a\n',
    'a\0',
    'a.db',
    'a.db-wal',
  ];
  const alsoBad = ['a.db-shm', 'a.db-journal', 'a.db-intents', 'a.lock', 'a.', 'a..'];

  it('are short, plain, and never look like a file of the data directory', () => {
    expect(good.filter((name) => accountNameProblem(name) !== undefined)).to.deep.equal([]);
    expect([...bad, ...alsoBad].filter((name) => accountNameProblem(name) === undefined)).to.deep.equal([]);
  });
});
