import type Database from 'better-sqlite3';
import { fingerprint } from '../../keys/fingerprint.ts';
import type { AuthorizedKey } from '../../keys/authorized-keys.ts';
import type { RequestWord } from '../../vfs/request-words.ts';
import type { Account, AccountDirectory } from './account.ts';
import { AccountError } from './account-error.ts';
import { checkAccountName } from './account-name.ts';
import { accountOf, keyOf, type AccountRow } from './account-rows.ts';
import { prepareAccountStatements, type AccountStatements } from './account-statements.ts';
import { asAccountError, openAccountsFile, type AccountsFileOptions } from './accounts-file.ts';

/** What can be said of an account beside its name and keys. Absent: stays as it is; null: none. */
export interface AccountSettings {
  readonly superuser?: boolean | undefined;
  readonly enabled?: boolean | undefined;
  readonly shell?: boolean | undefined;
  readonly readOnly?: boolean | undefined;
  readonly denied?: readonly RequestWord[] | undefined;
  readonly passwordHash?: string | null | undefined;
  readonly bytes?: number | null | undefined;
  readonly inodes?: number | null | undefined;
  readonly fileSize?: number | null | undefined;
}

const KEYS_MAX = 256;

/** The columns that `AccountSettings` changes, by the names of its fields. */
const COLUMNS = {
  superuser: 'superuser',
  enabled: 'enabled',
  shell: 'shell',
  readOnly: 'read_only',
  denied: 'denied',
  passwordHash: 'password_hash',
  bytes: 'bytes_max',
  inodes: 'inodes_max',
  fileSize: 'file_size_max',
} as const satisfies Record<keyof AccountSettings, string>;

/** A server waits only a moment: reads never wait for writers, and it writes nothing. */
const SERVER: AccountsFileOptions = { create: true, busyMilliseconds: 250 };

/**
 * The accounts of a data directory. Any number of processes may have the file open; a change is seen by the next
 * `find` of each. Errors are `AccountError`s.
 */
export class AccountStore implements AccountDirectory {
  readonly #file: string;
  readonly #database: Database.Database;
  readonly #statements: AccountStatements;

  constructor(file: string, options: Partial<AccountsFileOptions> = {}) {
    this.#file = file;
    this.#database = openAccountsFile(file, { ...SERVER, ...options });
    this.#statements = prepareAccountStatements(this.#database);
  }

  find(name: string): Account | undefined {
    return this.#run(() => {
      const row = this.#statements.account.get(name);
      return row === undefined ? undefined : this.#whole(row);
    });
  }

  nameOfUid(uid: number): string | undefined {
    return this.#run(() => this.#statements.nameOfUid.get(uid));
  }

  /** Every account, by name. */
  list(): Account[] {
    return this.#run(() => this.#statements.accounts.all().map((row) => this.#whole(row)));
  }

  /**
   * A new account, enabled and without limits unless `settings` say otherwise. `adopt`: it gets the uid that the last
   * account of this name had, where its storage was kept. `EXISTS`, `INVALID`.
   */
  add(
    name: string,
    settings: AccountSettings,
    options: { readonly adopt: boolean } = { adopt: false },
  ): Account {
    checkAccountName(name);
    return this.#change(() => {
      if (this.#statements.account.get(name) !== undefined)
        throw new AccountError('EXISTS', `there is already an account ${name}`);
      const former = options.adopt ? this.#statements.formerUid.get(name) : undefined;
      this.#statements.insert.run(former ?? null, name);
      if (former !== undefined) this.#statements.forgetFormer.run(former);
      this.#apply(name, settings);
      return this.#whole(this.#row(name));
    });
  }

  set(name: string, settings: AccountSettings): Account {
    return this.#change(() => {
      this.#row(name);
      this.#apply(name, settings);
      return this.#whole(this.#row(name));
    });
  }

  /** Removes the account and its keys. `keepsStorage`: its uid is remembered for whoever adopts the storage. `UNKNOWN`. */
  remove(name: string, options: { readonly keepsStorage: boolean }): void {
    this.#change(() => {
      const { uid } = this.#row(name);
      this.#statements.remove.run(uid);
      if (options.keepsStorage) this.#statements.rememberFormer.run(uid, name);
    });
  }

  /** Answers whether the key is new; one that is there gets the new comment and options. `UNKNOWN`, `LIMIT` past 256 keys. */
  addKey(name: string, key: AuthorizedKey): boolean {
    return this.#change(() => {
      const { uid } = this.#row(name);
      const print = fingerprint(key.blob);
      const there = this.#statements.keys.all(uid);
      const isNew = there.every((row) => row.fingerprint !== print);
      if (isNew && there.length >= KEYS_MAX)
        throw new AccountError('LIMIT', `${name} has ${KEYS_MAX} keys; remove one first`);
      this.#statements.putKey.run(uid, print, key.type, key.blob, key.optionsText ?? '', key.comment);
      return isNew;
    });
  }

  /** `print` as `fingerprint` gives it. `UNKNOWN` without such an account or key. */
  removeKey(name: string, print: string): void {
    this.#change(() => {
      const { uid } = this.#row(name);
      const { changes } = this.#statements.removeKey.run(uid, print);
      if (changes === 0)
        throw new AccountError('UNKNOWN', `${name} has no key with the fingerprint ${print}`);
    });
  }

  /** All that `work` changes, or nothing of it. */
  atomically<T>(work: () => T): T {
    return this.#change(work);
  }

  close(): void {
    this.#database.close();
  }

  #row(name: string): AccountRow {
    const row = this.#statements.account.get(name);
    if (row === undefined) throw new AccountError('UNKNOWN', `there is no account ${name}`);
    return row;
  }

  #whole(row: AccountRow): Account {
    const keys = this.#statements.keys.all(row.uid).map(keyOf);
    return accountOf(
      row,
      keys.filter((key) => key !== undefined),
    );
  }

  #apply(name: string, settings: AccountSettings): void {
    for (const [field, column] of Object.entries(COLUMNS)) {
      const value = settings[field as keyof AccountSettings];
      if (value === undefined) continue;
      this.#database.prepare(`UPDATE accounts SET ${column} = ? WHERE name = ?`).run(asStored(value), name);
    }
  }

  #change<T>(change: () => T): T {
    return this.#run(() => this.#database.transaction(change).immediate());
  }

  #run<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asAccountError(error, this.#file);
    }
  }
}

/** A setting as its column holds it. */
function asStored(value: boolean | number | string | null | readonly string[]): number | string | null {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'object' && value !== null ? value.join(',') : value;
}
