import type { Database } from 'better-sqlite3';
import { CHUNK_SIZE } from '../shared/chunks.ts';
import { newEpoch } from './intent-log.ts';

/** `PRAGMA application_id` of a storage: "aFS1". */
export const APPLICATION_ID = 0x61465331;
/** `PRAGMA user_version`: the format that this code writes. docs/storage-format.md describes it. */
export const FORMAT = 3;
/** Chunk numbers have 28 bits, so a file has at most 32 TiB. */
export const FILE_SIZE_MAX = 2 ** 28 * CHUNK_SIZE;
/** Pages of a new storage, in bytes; chosen by measurement (docs/decisions.md). */
export const PAGE_SIZE = 16_384;

const FORMAT_1 = `
CREATE TABLE meta(
  k TEXT PRIMARY KEY,
  v ANY
) STRICT, WITHOUT ROWID;

CREATE TABLE inode(
  ino INTEGER PRIMARY KEY,
  mode INTEGER NOT NULL,
  nlink INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  gid INTEGER NOT NULL,
  size INTEGER NOT NULL DEFAULT 0,
  used INTEGER NOT NULL DEFAULT 0,
  atime INTEGER NOT NULL,
  atime_ns INTEGER NOT NULL DEFAULT 0,
  mtime INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL DEFAULT 0,
  ctime INTEGER NOT NULL,
  ctime_ns INTEGER NOT NULL DEFAULT 0,
  parent INTEGER NOT NULL DEFAULT 0,
  content INTEGER NOT NULL DEFAULT 0,
  target BLOB
) STRICT;

CREATE TABLE dentry(
  parent INTEGER NOT NULL,
  name BLOB NOT NULL,
  ino INTEGER NOT NULL,
  PRIMARY KEY(parent, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE chunk(
  id INTEGER PRIMARY KEY,
  data BLOB NOT NULL
) STRICT;

CREATE TABLE xattr(
  ino INTEGER NOT NULL,
  name BLOB NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY(ino, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE orphan(
  content INTEGER PRIMARY KEY,
  first INTEGER NOT NULL,
  ino INTEGER NOT NULL
) STRICT;

INSERT INTO meta VALUES('chunk', ${CHUNK_SIZE}), ('next_ino', 2), ('usage_valid', 1), ('usage_bytes', 0), ('usage_inodes', 0);
`;

/** Who owns the root directory of a new storage. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

function createFormat1(db: Database, { uid, gid }: Owner): void {
  db.exec(FORMAT_1);
  const now = Math.floor(Date.now() / 1000);
  const root =
    'INSERT INTO inode(ino, mode, nlink, uid, gid, atime, mtime, ctime) VALUES(1, ?, 2, ?, ?, ?, ?, ?)';
  db.prepare(root).run(0o040755, uid, gid, now, now, now);
}

/** The tables stay as they are: a program that knows format 1 alone would leave extended attributes behind, and count wrongly. */
function allowXattrs(): void {
  // The version says it all.
}

/** A program that knows format 2 alone would leave promised changes behind. */
function addEpoch(db: Database): void {
  db.prepare("INSERT INTO meta VALUES('epoch', CAST(? AS INTEGER))").run(newEpoch());
}

/** `MIGRATIONS[n]` takes a storage of format n to format n + 1. A released entry is never changed. */
const MIGRATIONS: readonly ((db: Database, owner: Owner) => void)[] = [createFormat1, allowXattrs, addEpoch];

/** Brings a storage, a new one included, to the current format in one transaction. */
export function migrate(db: Database, from: number, owner: Owner): void {
  if (from === FORMAT) return;
  db.transaction(() => {
    for (const step of MIGRATIONS.slice(from)) step(db, owner);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${FORMAT}`);
  }).immediate();
}
