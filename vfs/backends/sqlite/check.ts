import type { Database } from 'better-sqlite3';
import { CHUNK_SIZE } from '../shared/chunks.ts';
import { XATTR_LIST_MAX, XATTR_VALUE_MAX, XATTRS_MAX } from '../shared/xattrs.ts';
import { openAsItIs } from './database.ts';
import { storageError } from './errors.ts';
import { APPLICATION_ID, FORMAT } from './schema.ts';

/** An invariant of docs/storage-format.md, by its number there, and what breaks it. */
interface Invariant {
  readonly number: number;
  readonly says: string;
  /** Selects one row for each thing that breaks it, with the thing in the first column. */
  readonly sql: string;
}

const TYPE = '(mode & 61440)';
const FILE = 32768;
const DIRECTORY = 16384;
const SYMLINK = 40960;

const INVARIANTS: readonly Invariant[] = [
  {
    number: 3,
    says: 'inode 1 is a directory and nobody names it',
    sql: `SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM inode WHERE ino = 1 AND ${TYPE} = ${DIRECTORY})
          OR EXISTS (SELECT 1 FROM dentry WHERE ino = 1)`,
  },
  {
    number: 4,
    says: 'every name is in a directory',
    sql: `SELECT d.parent || '/' || hex(d.name) FROM dentry d LEFT JOIN inode i ON i.ino = d.parent
          WHERE i.ino IS NULL OR (i.mode & 61440) <> ${DIRECTORY}`,
  },
  {
    number: 5,
    says: 'every name names an inode',
    sql: `SELECT d.parent || '/' || hex(d.name) FROM dentry d LEFT JOIN inode i ON i.ino = d.ino WHERE i.ino IS NULL`,
  },
  {
    number: 6,
    says: 'names are 1 to 255 bytes without / and NUL, not . and ..',
    sql: `SELECT parent || '/' || hex(name) FROM dentry
          WHERE length(name) NOT BETWEEN 1 AND 255 OR instr(name, x'00') > 0 OR instr(name, x'2f') > 0
          OR name IN (x'2e', x'2e2e')`,
  },
  {
    number: 7,
    says: 'nlink of a file or symlink is the number of its names',
    sql: `SELECT i.ino FROM inode i WHERE ${TYPE} <> ${DIRECTORY}
          AND nlink <> (SELECT count(*) FROM dentry d WHERE d.ino = i.ino)`,
  },
  {
    number: 8,
    says: 'a directory has one name, in its parent, and nlink is 2 and its subdirectories',
    sql: `SELECT i.ino FROM inode i WHERE ${TYPE} = ${DIRECTORY} AND nlink > 0 AND (
            (i.ino <> 1 AND (SELECT group_concat(d.parent) FROM dentry d WHERE d.ino = i.ino) IS NOT CAST(i.parent AS TEXT))
            OR nlink <> 2 + (SELECT count(*) FROM dentry d JOIN inode c ON c.ino = d.ino
                             WHERE d.parent = i.ino AND (c.mode & 61440) = ${DIRECTORY}))`,
  },
  {
    number: 9,
    says: 'every directory is below the root',
    sql: `WITH RECURSIVE reached(ino) AS (
            SELECT 1 UNION SELECT d.ino FROM reached r JOIN dentry d ON d.parent = r.ino JOIN inode c ON c.ino = d.ino
            WHERE (c.mode & 61440) = ${DIRECTORY})
          SELECT ino FROM inode WHERE ${TYPE} = ${DIRECTORY} AND nlink > 0 AND ino NOT IN (SELECT ino FROM reached)`,
  },
  {
    number: 10,
    says: 'an inode without names is an orphan',
    sql: 'SELECT ino FROM inode WHERE nlink <= 0 AND ino NOT IN (SELECT ino FROM orphan)',
  },
  {
    number: 11,
    says: 'a content belongs to one file, and only files have one',
    sql: `SELECT ino FROM inode WHERE (${TYPE} = ${FILE}) <> (content > 0)
          UNION ALL SELECT min(ino) FROM inode WHERE content > 0 GROUP BY content HAVING count(*) > 1`,
  },
  {
    number: 12,
    says: 'every chunk is within a file, or of an orphan',
    sql: `SELECT c.id FROM chunk c LEFT JOIN inode i ON i.content = c.id >> 28
          LEFT JOIN orphan o ON o.content = c.id >> 28 AND (c.id & 268435455) >= o.first
          WHERE o.content IS NULL AND (i.ino IS NULL
            OR (c.id & 268435455) * ${CHUNK_SIZE} + length(c.data) > i.size)`,
  },
  {
    number: 13,
    says: `a chunk has 1 to ${CHUNK_SIZE} bytes`,
    sql: `SELECT id FROM chunk WHERE length(data) NOT BETWEEN 1 AND ${CHUNK_SIZE}`,
  },
  {
    number: 14,
    says: 'used is the bytes of the stored chunks and of extended attributes',
    sql: `SELECT i.ino FROM inode i WHERE nlink > 0 AND used <> (
            SELECT total(length(name) + length(value)) FROM xattr x WHERE x.ino = i.ino) + (
            SELECT total(length(c.data)) FROM chunk c LEFT JOIN orphan o ON o.content = i.content
            WHERE i.content > 0 AND c.id BETWEEN i.content << 28 AND (i.content << 28 | 268435455)
            AND (o.content IS NULL OR (c.id & 268435455) < o.first))`,
  },
  {
    number: 15,
    says: 'symlinks have a target of 1 to 4,095 bytes without NUL, which is their size; nothing else has one',
    sql: `SELECT ino FROM inode WHERE (${TYPE} = ${SYMLINK}) <> (target IS NOT NULL)
          OR (target IS NOT NULL AND (length(target) NOT BETWEEN 1 AND 4095 OR size <> length(target) OR instr(target, x'00') > 0))`,
  },
  {
    number: 16,
    says: 'types, sizes and nanoseconds are in their ranges',
    sql: `SELECT ino FROM inode WHERE ${TYPE} NOT IN (${FILE}, ${DIRECTORY}, ${SYMLINK}) OR size < 0 OR used < 0
          OR atime_ns NOT BETWEEN 0 AND 999999999 OR mtime_ns NOT BETWEEN 0 AND 999999999
          OR ctime_ns NOT BETWEEN 0 AND 999999999`,
  },
  {
    number: 17,
    says: 'next_ino is above every number in use',
    sql: `SELECT coalesce((SELECT v FROM meta WHERE k = 'next_ino'), 'missing') WHERE NOT EXISTS (
            SELECT 1 FROM meta WHERE k = 'next_ino' AND typeof(v) = 'integer' AND v > max(
              (SELECT max(ino) FROM inode), (SELECT max(content) FROM inode), (SELECT coalesce(max(content), 0) FROM orphan)))`,
  },
  {
    number: 18,
    says: 'totals that are marked as valid are right',
    sql: `WITH right(k, v) AS (
            SELECT 'usage_bytes', total(used) FROM inode WHERE nlink > 0
            UNION ALL SELECT 'usage_inodes', count(*) FROM inode WHERE nlink > 0 AND ino <> 1)
          SELECT r.k FROM right r LEFT JOIN meta m ON m.k = r.k
          WHERE (SELECT v FROM meta WHERE k = 'usage_valid') = 1 AND (m.v IS NULL OR m.v <> r.v)`,
  },
  {
    number: 19,
    says: 'extended attributes belong to an inode',
    sql: 'SELECT ino FROM xattr WHERE ino NOT IN (SELECT ino FROM inode)',
  },
  {
    number: 20,
    says: 'names of extended attributes are 1 to 255 bytes without NUL, of a namespace that the inode can have',
    sql: `SELECT x.ino || '/' || hex(x.name) FROM xattr x LEFT JOIN inode i ON i.ino = x.ino
          WHERE length(x.name) > 255 OR instr(x.name, x'00') > 0
          OR NOT ((length(x.name) > 5 AND substr(x.name, 1, 5) = CAST('user.' AS BLOB) AND ${TYPE} IS NOT ${SYMLINK})
            OR (length(x.name) > 8 AND substr(x.name, 1, 8) = CAST('trusted.' AS BLOB))
            OR (length(x.name) > 9 AND substr(x.name, 1, 9) = CAST('security.' AS BLOB)))`,
  },
  {
    number: 21,
    says: 'values are at most 65,536 bytes, names together at most 65,536 with a NUL each, names and values 1,048,576',
    sql: `SELECT ino FROM xattr GROUP BY ino HAVING max(length(value)) > ${XATTR_VALUE_MAX}
          OR sum(length(name) + 1) > ${XATTR_LIST_MAX} OR sum(length(name) + length(value)) > ${XATTRS_MAX}`,
  },
  {
    number: 22,
    says: 'since format 3 there is an epoch of 48 bits',
    sql: `SELECT coalesce((SELECT v FROM meta WHERE k = 'epoch'), 'missing')
          WHERE (SELECT user_version FROM pragma_user_version) >= 3 AND NOT EXISTS (
            SELECT 1 FROM meta WHERE k = 'epoch' AND typeof(v) = 'integer' AND v BETWEEN 1 AND 281474976710655)`,
  },
];

/** Examples given of what breaks one invariant. */
const EXAMPLES = 5;

/**
 * Verifies every invariant of a storage that nobody holds, and answers the broken ones, a line each; none: all is
 * well. Reads the whole file. Throws `VfsError`: `ENOENT`, `EBUSY` for one that is held, `EIO` for no database at all.
 */
export function checkStorage(file: string): string[] {
  const db = openAsItIs(file);
  try {
    const format = linesOf(() => checkFormat(db));
    const sound = linesOf(() => checkIntegrity(db));
    // Another format may have other tables.
    const tables = format.length > 0 ? [] : INVARIANTS;
    return [...format, ...sound, ...tables.flatMap((one) => linesOf(() => checkOne(db, one)))];
  } finally {
    db.close();
  }
}

/** Damage can also show as an error of the question. */
function linesOf(check: () => string[]): string[] {
  try {
    return check();
  } catch (error) {
    return [`2: the file is a sound SQLite database: ${storageError(error).detail}`];
  }
}

function checkFormat(db: Database): string[] {
  const id = db.pragma('application_id', { simple: true }) as number;
  const format = db.pragma('user_version', { simple: true }) as number;
  // An older one has the same tables, and keeps the same invariants.
  return id === APPLICATION_ID && format >= 1 && format <= FORMAT
    ? []
    : [`1: it is a storage of a format up to ${FORMAT}: ${id}, ${format}`];
}

function checkIntegrity(db: Database): string[] {
  const verdicts = db.prepare<[], string>('PRAGMA integrity_check').pluck().all();
  return verdicts
    .filter((verdict) => verdict !== 'ok')
    .map((verdict) => `2: the file is a sound SQLite database: ${verdict}`);
}

function checkOne(db: Database, { number, says, sql }: Invariant): string[] {
  const broken = db
    .prepare<[], number | string>(`SELECT * FROM (${sql}) LIMIT ${EXAMPLES + 1}`)
    .pluck()
    .all();
  if (broken.length === 0) return [];
  const more = broken.length > EXAMPLES ? ', …' : '';
  return [`${number}: ${says}: ${broken.slice(0, EXAMPLES).join(', ')}${more}`];
}
