import { existsSync, fsyncSync, openSync, closeSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { VfsError } from '../../errors.ts';
import { fromSqlite } from './errors.ts';
import { APPLICATION_ID, FORMAT, migrate, PAGE_SIZE } from './schema.ts';

/** Older versions can corrupt a database in WAL mode (the WAL-reset bug). */
const SQLITE_VERSION_MIN = '3.51.3';
/** A checkpoint is due when the WAL has so many bytes: enough to be cheap, little enough to be short. */
const CHECKPOINT_BYTES = 2 * 1024 * 1024;
const WAL_BYTES_KEPT = 64 * 1024 * 1024;
const CACHE_KIBIBYTES = 1024;
/** The tables whose pages are checked at each open; chunks are left to `checkStorage`. */
const CHECKED_TABLES = ['meta', 'inode', 'dentry', 'orphan'];

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Opens a storage file as its only owner. Throws `VfsError`: `ENOENT` without the file (unless `create`), `EBUSY` when
 * another owner holds it, `EIO` with what to do for a file that is damaged, of a newer format, or not a storage.
 */
export function openDatabase(
  file: string,
  create: boolean,
  owner: Owner = { uid: 0, gid: 0 },
): Database.Database {
  requireSqlite();
  const isNew = !existsSync(file);
  if (isNew && !create) throw new VfsError('ENOENT', { detail: `there is no storage file ${file}` });
  let db: Database.Database | undefined;
  try {
    const walExisted = existsSync(`${file}-wal`);
    db = new Database(file, { timeout: 0, fileMustExist: !create });
    configure(db);
    if (!isNew) refuseForeign(db, file);
    if (!isNew && !walExisted) refuseTruncated(db, file);
    migrate(db, db.pragma('user_version', { simple: true }) as number, owner);
    if (!isNew) refuseDamaged(db, file);
    if (isNew) syncDirectory(dirname(file));
    return db;
  } catch (error) {
    db?.close();
    throw fromSqlite(error);
  }
}

/** Opens a storage file as its only owner without checking or changing its content. Throws `ENOENT`, `EBUSY`, `EIO`. */
export function openAsItIs(file: string): Database.Database {
  if (!existsSync(file)) throw new VfsError('ENOENT', { detail: `there is no storage file ${file}` });
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { timeout: 0, fileMustExist: true });
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN IMMEDIATE; COMMIT');
    return db;
  } catch (error) {
    db?.close();
    throw fromSqlite(error);
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

/** The order matters: page size and vacuum mode before the first table, locking before the WAL is opened. */
function configure(db: Database.Database): void {
  db.pragma(`page_size = ${PAGE_SIZE}`);
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('locking_mode = EXCLUSIVE');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  const pageSize = db.pragma('page_size', { simple: true }) as number;
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_BYTES / pageSize}`);
  db.pragma(`journal_size_limit = ${WAL_BYTES_KEPT}`);
  db.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
  db.pragma('mmap_size = 0');
  db.pragma('secure_delete = OFF');
  db.pragma('temp_store = MEMORY');
  db.pragma('foreign_keys = OFF');
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
  // Takes the exclusive lock now instead of at the first write.
  db.exec('BEGIN IMMEDIATE; COMMIT');
}

function refuseForeign(db: Database.Database, file: string): void {
  const id = db.pragma('application_id', { simple: true }) as number;
  const format = db.pragma('user_version', { simple: true }) as number;
  const isEmpty = (db.pragma('page_count', { simple: true }) as number) <= 1 && format === 0;
  if (id !== APPLICATION_ID && !isEmpty) damaged(`${file} is not an AnyFS storage`);
  if (format > FORMAT) {
    damaged(`${file} has storage format ${format}, this version knows ${FORMAT}: run a newer AnyFS`);
  }
}

/** Without a WAL every page is in the file itself. */
function refuseTruncated(db: Database.Database, file: string): void {
  const pages = db.pragma('page_count', { simple: true }) as number;
  const pageSize = db.pragma('page_size', { simple: true }) as number;
  if (statSync(file).size < pages * pageSize) damaged(`${file} is truncated: restore it from a backup`);
}

function refuseDamaged(db: Database.Database, file: string): void {
  for (const table of CHECKED_TABLES) {
    const verdict = db.pragma(`quick_check('${table}')`, { simple: true }) as string;
    if (verdict !== 'ok') damaged(`${file} is damaged (${verdict}): restore it from a backup`);
  }
}

function damaged(detail: string): never {
  throw new VfsError('EIO', { detail });
}

/** Makes the name of a new file survive the loss of power. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
