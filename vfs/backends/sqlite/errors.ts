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
  ['SQLITE_NOTADB', 'EIO', 'the storage file is damaged: it is not a database; restore it from a backup'],
  ['SQLITE_CORRUPT', 'EIO', 'the storage file is damaged: restore it from a backup'],
  ['SQLITE_TOOBIG', 'EFBIG', undefined],
];

/** Errors of the host's file system that mean the same for the storage. */
const HOST_CODES: Readonly<Record<string, VfsErrorCode>> = {
  ENOSPC: 'ENOSPC',
  EDQUOT: 'ENOSPC',
  EROFS: 'EROFS',
  EACCES: 'EACCES',
  EPERM: 'EACCES',
  EMFILE: 'EMFILE',
  ENFILE: 'EMFILE',
};

/** What SQLite or the host's file system threw, in the words of the contract. */
export function storageError(error: unknown): VfsError {
  if (error instanceof VfsError) return error;
  if (error instanceof Database.SqliteError) return fromSqlite(error);
  const code = HOST_CODES[String((error as NodeJS.ErrnoException | undefined)?.code)] ?? 'EIO';
  return new VfsError(code, { cause: error });
}

function fromSqlite(error: InstanceType<typeof Database.SqliteError>): VfsError {
  const [, code, detail] = CODES.find(([prefix]) => error.code.startsWith(prefix)) ?? [
    '',
    'EIO' as const,
    undefined,
  ];
  return new VfsError(code, { detail, cause: error });
}
