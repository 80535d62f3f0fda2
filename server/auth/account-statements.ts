import type Database from 'better-sqlite3';
import type { AccountRow, KeyRow } from './account-rows.ts';

/** Every statement on the file of accounts, compiled once for an open file. */
export interface AccountStatements {
  readonly account: Database.Statement<[name: string], AccountRow>;
  readonly accounts: Database.Statement<[], AccountRow>;
  readonly nameOfUid: Database.Statement<[uid: number], string>;
  readonly insert: Database.Statement<[uid: number | null, name: string]>;
  readonly remove: Database.Statement<[uid: number]>;
  readonly formerUid: Database.Statement<[name: string], number>;
  readonly rememberFormer: Database.Statement<[uid: number, name: string]>;
  readonly forgetFormer: Database.Statement<[uid: number]>;
  readonly keys: Database.Statement<[uid: number], KeyRow>;
  readonly putKey: Database.Statement<
    [uid: number, fingerprint: string, type: string, blob: Uint8Array, options: string, comment: string]
  >;
  readonly removeKey: Database.Statement<[uid: number, fingerprint: string]>;
}

export function prepareAccountStatements(database: Database.Database): AccountStatements {
  return {
    account: database.prepare('SELECT * FROM accounts WHERE name = ?'),
    accounts: database.prepare('SELECT * FROM accounts ORDER BY name'),
    nameOfUid: database.prepare<[number], string>('SELECT name FROM accounts WHERE uid = ?').pluck(),
    insert: database.prepare('INSERT INTO accounts (uid, name, superuser, enabled) VALUES (?, ?, 0, 1)'),
    remove: database.prepare('DELETE FROM accounts WHERE uid = ?'),
    formerUid: database
      .prepare<[string], number>('SELECT uid FROM former_accounts WHERE name = ? ORDER BY uid DESC LIMIT 1')
      .pluck(),
    rememberFormer: database.prepare('INSERT INTO former_accounts (uid, name) VALUES (?, ?)'),
    forgetFormer: database.prepare('DELETE FROM former_accounts WHERE uid = ?'),
    keys: database.prepare('SELECT * FROM keys WHERE uid = ? ORDER BY rowid'),
    putKey: database.prepare(
      `INSERT INTO keys (uid, fingerprint, type, blob, options, comment) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (uid, fingerprint) DO UPDATE SET options = excluded.options, comment = excluded.comment`,
    ),
    removeKey: database.prepare('DELETE FROM keys WHERE uid = ? AND fingerprint = ?'),
  };
}
