import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { VfsError } from '../../errors.ts';
import { createStorageFile } from './create.ts';
import { storageError } from './errors.ts';
import { APPLICATION_ID, FORMAT, migrate, type Owner } from './schema.ts';

/** Older versions can corrupt a database in WAL mode (the WAL-reset bug). */
const SQLITE_VERSION_MIN = '3.51.3';
const WAL_BYTES_KEPT = 64 * 1024 * 1024;
const CACHE_KIBIBYTES = 1024;
/** Bytes in the smallest page that a database can have. */
const SMALLEST_PAGE = 512;
/** The tables whose pages are checked at each open; chunks are left to `checkStorage`. */
const CHECKED_TABLES = ['meta', 'inode', 'dentry', 'orphan'];

/**
 * Opens a storage file as its only owner; its real path is `name` of what comes back. A file that is refused stays as it is.
 * Throws `VfsError`: `ENOENT` without the file (unless `create`) or its directory, `EBUSY` when another owner holds it,
 * `EACCES` or `EROFS` where it cannot be written, `EIO` with what to do for one that is damaged, of a newer format, or not a storage.
 */
export function openDatabase(
  file: string,
  create: boolean,
  owner: Owner = { uid: 0, gid: 0 },
): Database.Database {
  requireSqlite();
  let db: Database.Database | undefined;
  try {
    if (create && !existsSync(file)) makeFile(file, owner);
    const path = usableFile(file);
    const walExisted = existsSync(`${path}-wal`);
    db = new Database(path, { timeout: 0, fileMustExist: true });
    takeOwnership(db);
    refuseForeign(db, path);
    configure(db);
    if (!walExisted) refuseTruncated(db, path);
    refuseDamaged(db, path);
    migrate(db, db.pragma('user_version', { simple: true }) as number, owner);
    return db;
  } catch (error) {
    db?.close();
    throw storageError(error);
  }
}

/** Opens a storage file as its only owner without checking or changing its content. Throws `ENOENT`, `EBUSY`, `EIO`. */
export function openAsItIs(file: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    db = new Database(usableFile(file), { timeout: 0, fileMustExist: true });
    takeOwnership(db);
    return db;
  } catch (error) {
    db?.close();
    throw storageError(error);
  }
}

function requireSqlite(): void {
  const probe = new Database(':memory:');
  const version = probe.prepare('SELECT sqlite_version()').pluck().get() as string;
  probe.close();
  if (version.localeCompare(SQLITE_VERSION_MIN, 'en', { numeric: true }) >= 0) return;
  const detail = `SQLite ${version} is too old: ${SQLITE_VERSION_MIN} or newer is needed; run npm ci`;
  throw new VfsError('EIO', { detail });
}

function makeFile(file: string, owner: Owner): void {
  const directory = dirname(file);
  if (!existsSync(directory)) throw new VfsError('ENOENT', { detail: `there is no directory ${directory}` });
  requireAccess(directory, constants.W_OK | constants.X_OK);
  createStorageFile(file, owner);
}

/** The file's real path: SQLite's other files are beside that, and so must be what we open of them. */
function usableFile(file: string): string {
  if (!existsSync(file)) throw new VfsError('ENOENT', { detail: `there is no storage file ${file}` });
  const path = realpathSync(file);
  const stats = statSync(path);
  if (!stats.isFile()) refuse(`${file} is not a file`);
  // SQLite would make a database of it.
  if (stats.size < SMALLEST_PAGE) refuse(`${file} is truncated: restore it from a backup`);
  requireAccess(path, constants.R_OK | constants.W_OK);
  requireAccess(dirname(path), constants.W_OK | constants.X_OK);
  return path;
}

function requireAccess(path: string, mode: number): void {
  try {
    accessSync(path, mode);
  } catch (error) {
    const { code } = storageError(error);
    throw new VfsError(code, { detail: `${path} cannot be written`, cause: error });
  }
}

/** Takes the exclusive lock now instead of at the first write. */
function takeOwnership(db: Database.Database): void {
  db.pragma('locking_mode = EXCLUSIVE');
  db.exec('BEGIN IMMEDIATE; COMMIT');
}

function configure(db: Database.Database): void {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma(`journal_size_limit = ${WAL_BYTES_KEPT}`);
  db.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
  db.pragma('mmap_size = 0');
  db.pragma('secure_delete = OFF');
  db.pragma('temp_store = MEMORY');
  db.pragma('foreign_keys = OFF');
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
}

function refuseForeign(db: Database.Database, file: string): void {
  const id = db.pragma('application_id', { simple: true }) as number;
  const format = db.pragma('user_version', { simple: true }) as number;
  if (id !== APPLICATION_ID) refuse(`${file} is not an AnyFS storage`);
  if (format > FORMAT) {
    refuse(`${file} has storage format ${format}, this version knows ${FORMAT}: run a newer AnyFS`);
  }
}

/** Without a WAL every page is in the file itself. */
function refuseTruncated(db: Database.Database, file: string): void {
  const pages = db.pragma('page_count', { simple: true }) as number;
  const pageSize = db.pragma('page_size', { simple: true }) as number;
  if (statSync(file).size < pages * pageSize) refuse(`${file} is truncated: restore it from a backup`);
}

function refuseDamaged(db: Database.Database, file: string): void {
  for (const table of CHECKED_TABLES) {
    const verdict = db.pragma(`quick_check('${table}')`, { simple: true }) as string;
    if (verdict !== 'ok') refuse(`${file} is damaged (${verdict}): restore it from a backup`);
  }
}

function refuse(detail: string): never {
  throw new VfsError('EIO', { detail });
}
