import type Database from 'better-sqlite3';
import type { AccountRow, KeyRow } from './account-rows.ts';

export type AccountStatements = ReturnType<typeof prepareAccountStatements>;

/** Every statement on the file of accounts, compiled once for an open file. */
export function prepareAccountStatements(database: Database.Database) {
  return {
    account: database.prepare<[string], AccountRow>('SELECT * FROM accounts WHERE name = ?'),
    accounts: database.prepare<[], AccountRow>('SELECT * FROM accounts ORDER BY name'),
    nameOfUid: database.prepare<[number], string>('SELECT name FROM accounts WHERE uid = ?').pluck(),
    insert: database.prepare<[number | null, string]>(
      'INSERT INTO accounts (uid, name, superuser, enabled) VALUES (?, ?, 0, 1)',
    ),
    remove: database.prepare<[number]>('DELETE FROM accounts WHERE uid = ?'),
    formerUid: database
      .prepare<[string], number>('SELECT uid FROM former_accounts WHERE name = ? ORDER BY uid DESC LIMIT 1')
      .pluck(),
    rememberFormer: database.prepare<[number, string]>(
      'INSERT INTO former_accounts (uid, name) VALUES (?, ?)',
    ),
    forgetFormer: database.prepare<[number]>('DELETE FROM former_accounts WHERE uid = ?'),
    keys: database.prepare<[number], KeyRow>('SELECT * FROM keys WHERE uid = ? ORDER BY rowid'),
    putKey: database.prepare<[number, string, string, Uint8Array, string, string]>(
      `INSERT INTO keys (uid, fingerprint, type, blob, options, comment) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (uid, fingerprint) DO UPDATE SET options = excluded.options, comment = excluded.comment`,
    ),
    removeKey: database.prepare<[number, string]>('DELETE FROM keys WHERE uid = ? AND fingerprint = ?'),
  };
}
