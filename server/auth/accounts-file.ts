import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { makePrivateFile } from '../private-files.ts';
import { AccountError } from './account-error.ts';

/** "anyf": tells the file of accounts from any other SQLite file. */
const APPLICATION_ID = 0x61_6e_79_66;

/** Step n brings a file of version n to version n + 1. A step that has been released is never changed. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE accounts (
    uid           INTEGER PRIMARY KEY AUTOINCREMENT CHECK (uid BETWEEN 10000 AND 4294967294),
    name          TEXT NOT NULL UNIQUE,
    superuser     INTEGER NOT NULL CHECK (superuser IN (0, 1)),
    enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    bytes_max     INTEGER CHECK (bytes_max >= 0),
    inodes_max    INTEGER CHECK (inodes_max >= 0),
    file_size_max INTEGER CHECK (file_size_max >= 0),
    password_hash TEXT
  ) STRICT;
  INSERT INTO sqlite_sequence (name, seq) VALUES ('accounts', 9999);
  CREATE TABLE keys (
    uid         INTEGER NOT NULL REFERENCES accounts (uid) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,
    type        TEXT NOT NULL,
    blob        BLOB NOT NULL,
    options     TEXT NOT NULL,
    comment     TEXT NOT NULL,
    PRIMARY KEY (uid, fingerprint)
  ) STRICT;
  -- Removed accounts whose storage was kept: adding the name again can take the uid over, and with it the files.
  CREATE TABLE former_accounts (
    uid  INTEGER PRIMARY KEY,
    name TEXT NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE accounts ADD COLUMN shell INTEGER NOT NULL DEFAULT 1 CHECK (shell IN (0, 1));
  `,
  `
  ALTER TABLE accounts ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0 CHECK (read_only IN (0, 1));
  -- Words of OpenSSH's request lists, with commas between them.
  ALTER TABLE accounts ADD COLUMN denied TEXT NOT NULL DEFAULT '';
  `,
];

export interface AccountsFileOptions {
  /** False: a file that is missing is an error, not made. */
  readonly create: boolean;
  /** How long to wait for another process that is writing. It blocks the thread, so a server keeps it short. */
  readonly busyMilliseconds: number;
}

/** Opens the SQLite file of accounts, mode 0600, brought to the newest version. Throws `AccountError` with code `FILE` or `BUSY`. */
export function openAccountsFile(file: string, options: AccountsFileOptions): Database.Database {
  if (options.create) makePrivateFile(file);
  else if (!existsSync(file)) throw new AccountError('FILE', `${file} does not exist`);
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { timeout: options.busyMilliseconds });
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    database.pragma('trusted_schema = OFF');
    migrate(database, file);
    return database;
  } catch (error) {
    database?.close();
    throw asAccountError(error, file);
  }
}

function migrate(database: Database.Database, file: string): void {
  if (versionOf(database, file) === MIGRATIONS.length) return;
  const upgrade = database.transaction(() => {
    // Asked again: another process may have been faster.
    for (const step of MIGRATIONS.slice(versionOf(database, file))) database.exec(step);
    database.pragma(`user_version = ${MIGRATIONS.length}`);
    database.pragma(`application_id = ${APPLICATION_ID}`);
  });
  upgrade.immediate();
}

function versionOf(database: Database.Database, file: string): number {
  const version = database.pragma('user_version', { simple: true }) as number;
  const application = database.pragma('application_id', { simple: true }) as number;
  const tables = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
  const ours = application === APPLICATION_ID || tables === 0;
  if (!ours) throw new AccountError('FILE', `${file} is a database of another program; move it away`);
  if (version > MIGRATIONS.length) {
    throw new AccountError(
      'FILE',
      `${file} was written by a newer version of anyfs; use that version or newer`,
    );
  }
  return version;
}

/** SQLite's error codes, by their beginning, as what they mean to the person who runs the server. */
const MEANINGS: readonly (readonly [code: string, as: 'BUSY' | 'FILE', meaning: string])[] = [
  ['SQLITE_BUSY', 'BUSY', 'is being changed by another process; try again'],
  ['SQLITE_NOTADB', 'FILE', 'is not a database; restore it from a backup'],
  ['SQLITE_CORRUPT', 'FILE', 'is damaged; restore it from a backup'],
  ['SQLITE_FULL', 'FILE', 'cannot grow: the disk is full'],
  ['SQLITE_READONLY', 'FILE', 'cannot be written; check who owns it'],
  ['SQLITE_CANTOPEN', 'FILE', 'cannot be opened; check who owns it and its directory'],
  ['SQLITE_IOERR', 'FILE', 'cannot be read or written: the disk reports an error'],
];

/** An error of SQLite in words; any other error as it is. */
export function asAccountError(error: unknown, file: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const known = MEANINGS.find(([code]) => error.code.startsWith(code));
  if (known === undefined) return error;
  return new AccountError(known[1], `${file} ${known[2]}`, { cause: error });
}
