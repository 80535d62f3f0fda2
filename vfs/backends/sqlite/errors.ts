import Database from 'better-sqlite3';
import { VfsError, type VfsErrorCode } from '../../errors.ts';

/** Beginnings of SQLite's extended result codes, longest first where one contains another. */
const CODES: readonly (readonly [string, VfsErrorCode, string | undefined])[] = [
  ['SQLITE_FULL', 'ENOSPC', undefined],
  ['SQLITE_BUSY', 'EBUSY', 'the storage is in use by another process'],
  ['SQLITE_LOCKED', 'EBUSY', undefined],
  ['SQLITE_READONLY', 'EROFS', undefined],
  ['SQLITE_PERM', 'EACCES', undefined],
  ['SQLITE_CANTOPEN', 'EIO', 'the storage file cannot be opened'],
  ['SQLITE_NOTADB', 'EIO', 'the storage file is damaged: it is not a database'],
  ['SQLITE_CORRUPT', 'EIO', 'the storage file is damaged'],
  ['SQLITE_TOOBIG', 'EFBIG', undefined],
];

export function isSqliteError(error: unknown): error is InstanceType<typeof Database.SqliteError> {
  return error instanceof Database.SqliteError;
}

/** What SQLite threw, in the words of the contract; anything else as it is. */
export function fromSqlite(error: unknown): unknown {
  if (!isSqliteError(error)) return error;
  const [, code, detail] = CODES.find(([prefix]) => error.code.startsWith(prefix)) ?? [
    '',
    'EIO' as const,
    undefined,
  ];
  return new VfsError(code, { detail, cause: error });
}
