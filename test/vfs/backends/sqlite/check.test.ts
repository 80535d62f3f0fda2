import { expect } from 'chai';
import { copyFileSync, openSync, readSync, writeSync, closeSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { checkStorage, SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { filesOf } from '../../../support/files-of.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

/** What each invariant of docs/storage-format.md forbids, as a change to the storage that `soundStorage` makes. */
// prettier-ignore
const BREAKS: readonly (readonly [invariant: number, what: string, sql: string])[] = [
  [1, 'another application id', 'PRAGMA application_id = 7'],
  [1, 'a format that is not known', 'PRAGMA user_version = 4'],
  [3, 'no root', 'DELETE FROM inode WHERE ino = 1'],
  [3, 'a root that is a file', 'UPDATE inode SET mode = 33188 WHERE ino = 1'],
  [3, 'a name for the root', "INSERT INTO dentry VALUES(1, x'72', 1)"],
  [4, 'a name in a directory that is missing', "INSERT INTO dentry SELECT 999, x'61', ino FROM inode WHERE ino = :file"],
  [4, 'a name in a file', "UPDATE dentry SET parent = :file WHERE name = CAST('linked' AS BLOB)"],
  [5, 'a name of an inode that is missing', "INSERT INTO dentry VALUES(1, x'61', 999)"],
  [6, 'an empty name', "UPDATE dentry SET name = x'' WHERE ino = :file"],
  [6, 'a name of 256 bytes', 'UPDATE dentry SET name = zeroblob(256) WHERE ino = :file'],
  [6, 'a name with a slash', "UPDATE dentry SET name = x'612f62' WHERE ino = :file"],
  [6, 'a name with a NUL', "UPDATE dentry SET name = x'610062' WHERE ino = :file"],
  [6, 'the name .', "UPDATE dentry SET name = x'2e' WHERE ino = :file"],
  [6, 'the name ..', "UPDATE dentry SET name = x'2e2e' WHERE ino = :file"],
  [7, 'a file with one link too many', 'UPDATE inode SET nlink = nlink + 1 WHERE ino = :file'],
  [7, 'a file without its name', 'DELETE FROM dentry WHERE ino = :file'],
  [7, 'a symlink with two links and one name', 'UPDATE inode SET nlink = 2 WHERE ino = :symlink'],
  [8, 'a directory with two names', "INSERT INTO dentry VALUES(1, x'7a', :directory)"],
  [8, 'a directory that does not know its parent', 'UPDATE inode SET parent = :inner WHERE ino = :directory'],
  [8, 'a directory that does not count its subdirectories', 'UPDATE inode SET nlink = 2 WHERE ino = :directory'],
  [8, 'a root that counts too many', 'UPDATE inode SET nlink = nlink + 1 WHERE ino = 1'],
  [9, 'a directory in itself', 'UPDATE dentry SET parent = :inner WHERE ino = :directory'],
  [10, 'an inode without a name that nobody will remove', 'UPDATE inode SET nlink = 0 WHERE ino = :file'],
  [10, 'an inode without a name whose orphan row is gone', 'DELETE FROM orphan WHERE ino = :unlinked'],
  [11, 'a file without content', 'UPDATE inode SET content = 0 WHERE ino = :sparse'],
  [11, 'a directory with content', 'UPDATE inode SET content = ino WHERE ino = :directory'],
  [11, 'two files with one content', 'UPDATE inode SET content = :file WHERE ino = :sparse'],
  [12, 'a chunk of no file', "INSERT INTO chunk VALUES(999 << 28, x'61')"],
  [12, 'a chunk past the end', "INSERT INTO chunk VALUES(:file << 28 | 7, x'61')"],
  [12, 'a chunk that ends past the end', 'UPDATE inode SET size = size - 1 WHERE ino = :file'],
  [13, 'an empty chunk', "UPDATE chunk SET data = x'' WHERE id = :file << 28"],
  [13, 'a chunk that is too long', 'UPDATE chunk SET data = zeroblob(131073) WHERE id = :file << 28'],
  [14, 'a file that counts too much', 'UPDATE inode SET used = used + 1 WHERE ino = :file'],
  [14, 'a directory that counts bytes', 'UPDATE inode SET used = 1 WHERE ino = :directory'],
  [15, 'a symlink without a target', 'UPDATE inode SET target = NULL WHERE ino = :symlink'],
  [15, 'a symlink with an empty target', "UPDATE inode SET target = x'', size = 0 WHERE ino = :symlink"],
  [15, 'a target of 4,096 bytes', "UPDATE inode SET target = CAST(printf('%.4096c', 'a') AS BLOB), size = 4096 WHERE ino = :symlink"],
  [15, 'a target with a NUL', "UPDATE inode SET target = x'6100', size = 2 WHERE ino = :symlink"],
  [15, 'a symlink of another size', 'UPDATE inode SET size = size + 1 WHERE ino = :symlink'],
  [15, 'a file with a target', "UPDATE inode SET target = x'61', size = 1 WHERE ino = :file"],
  [16, 'a device', 'UPDATE inode SET mode = 8630 WHERE ino = :file'],
  [16, 'a negative size', 'UPDATE inode SET size = -1 WHERE ino = :directory'],
  [16, 'a second of nanoseconds', 'UPDATE inode SET mtime_ns = 1000000000 WHERE ino = :file'],
  [16, 'negative nanoseconds', 'UPDATE inode SET atime_ns = -1 WHERE ino = :file'],
  [17, 'a counter that will give a number again', "UPDATE meta SET v = :file WHERE k = 'next_ino'"],
  [17, 'a counter that will give an orphan\'s content again', "UPDATE orphan SET content = 1000000 WHERE ino = :unlinked"],
  [17, 'no counter', "DELETE FROM meta WHERE k = 'next_ino'"],
  [18, 'a wrong total of bytes', "UPDATE meta SET v = v + 1 WHERE k = 'usage_bytes'"],
  [18, 'a wrong total of inodes', "UPDATE meta SET v = v + 1 WHERE k = 'usage_inodes'"],
  [18, 'no total', "DELETE FROM meta WHERE k = 'usage_bytes'"],
  [14, 'a file that does not count its attributes', 'UPDATE inode SET used = used - 1 WHERE ino = :attributed'],
  [19, 'an attribute of nobody', "INSERT INTO xattr VALUES(999, CAST('user.a' AS BLOB), x'61')"],
  [20, 'an attribute without a name', "UPDATE xattr SET name = CAST('user.' AS BLOB) WHERE ino = :attributed"],
  [20, 'an attribute of 256 bytes', "UPDATE xattr SET name = CAST(printf('user.%.251c', 'a') AS BLOB) WHERE ino = :attributed"],
  [20, 'an attribute with a NUL', "UPDATE xattr SET name = x'757365722e6100' WHERE ino = :attributed"],
  [20, 'an attribute of another namespace', "UPDATE xattr SET name = CAST('system.posix_acl_access' AS BLOB) WHERE ino = :attributed"],
  [20, 'an attribute of a symlink that it cannot have', "UPDATE xattr SET ino = :symlink WHERE ino = :attributed"],
  [21, 'a value that is too long', "UPDATE xattr SET value = zeroblob(65537) WHERE ino = :attributed"],
  [21, 'names that are too long together', "INSERT INTO xattr SELECT :attributed, CAST('user.' || value || printf('%.200c', 'a') AS BLOB), x'' FROM json_each('[' || (SELECT group_concat(id) FROM (WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 400) SELECT id FROM n)) || ']')"],
  [22, 'no epoch', "DELETE FROM meta WHERE k = 'epoch'"],
  [22, 'the epoch of a file of zeros', "UPDATE meta SET v = 0 WHERE k = 'epoch'"],
];

/** Numbers of inodes, by the names that `BREAKS` uses. */
type Numbers = Readonly<Record<string, number>>;

/** Makes a storage with everything in it, also a removal that is not finished. */
async function soundStorage(file: string): Promise<Numbers> {
  const backend: VfsBackend = await SqliteBackend.open(file);
  const files = filesOf(backend);
  const number = (path: string): Promise<number> => backend.pathToInode(path as VfsPath, {});
  await backend.mkdir('/directory' as VfsPath, 0o755, {});
  await backend.mkdir('/directory/inner' as VfsPath, 0o755, {});
  await files.put('/file', new Uint8Array(200_000).fill(1));
  await backend.link('/file' as VfsPath, '/directory/linked' as VfsPath, {});
  await backend.symlink('file', '/symlink' as VfsPath, {});
  const sparse = await files.open('/directory/sparse');
  await files.write(sparse, 10_000_000, new Uint8Array(10));
  await files.close(sparse);
  await files.put('/unlinked', new Uint8Array(300_000));
  await files.put('/attributed', new Uint8Array(10));
  for (const path of ['/attributed', '/unlinked'])
    await backend.setxattr(path as VfsPath, 'user.x', new Uint8Array(1000), 'set', {});
  const unlinked = await files.open('/unlinked');
  const numbers = {
    file: await number('/file'),
    symlink: await number('/symlink'),
    directory: await number('/directory'),
    inner: await number('/directory/inner'),
    sparse: await number('/directory/sparse'),
    unlinked: await number('/unlinked'),
    attributed: await number('/attributed'),
  };
  await files.unlink('/unlinked');
  await files.write(unlinked, 'end', new Uint8Array(300_000));
  await backend.dispose();
  return numbers;
}

/** Runs one statement, with only those of the numbers that it names. */
function change(file: string, sql: string, numbers: Numbers): void {
  const db = new Database(file);
  try {
    const used = Object.entries(numbers).filter(([name]) => new RegExp(`:${name}\\b`).test(sql));
    if (sql.startsWith('PRAGMA')) db.exec(sql);
    else expect(db.prepare(sql).run(Object.fromEntries(used)).changes, sql).to.be.above(0);
  } finally {
    db.close();
  }
}

const numbersOf = (lines: readonly string[]): number[] => lines.map((line) => Number.parseInt(line, 10));

describe('checkStorage', () => {
  const directory = temporaryDirectory();
  let sound: string;
  let numbers: Numbers;
  const copy = (): string => {
    const file = join(directory(), 'storage.db');
    copyFileSync(sound, file);
    return file;
  };

  before(async () => {
    sound = join(mkdtempSync(join(tmpdir(), 'anyfs-sound-')), 'storage.db');
    numbers = await soundStorage(sound);
  });
  after(() => rmSync(join(sound, '..'), { recursive: true }));

  it('finds nothing in a new storage', async () => {
    const file = join(directory(), 'new.db');
    await (await SqliteBackend.open(file)).dispose();
    expect(checkStorage(file)).to.deep.equal([]);
  });

  it('finds nothing in a storage with files, holes, hard links, symlinks and a file that was unlinked while open', () => {
    const db = new Database(sound, { readonly: true });
    expect(db.prepare('SELECT ino FROM orphan').pluck().all()).to.deep.equal([numbers['unlinked']]);
    db.close();
    expect(checkStorage(copy())).to.deep.equal([]);
  });

  for (const [invariant, what, sql] of BREAKS) {
    it(`names invariant ${invariant} for ${what}`, () => {
      const file = copy();
      change(file, sql, numbers);
      expect(numbersOf(checkStorage(file))).to.include(invariant);
    });
  }

  it('names invariant 2 for a page that was written over', () => {
    const file = copy();
    overwritePage(file, 'inode');
    expect(numbersOf(checkStorage(file))).to.include(2);
  });

  it('has a case for each of the 22 invariants', () => {
    const covered = new Set([2, ...BREAKS.map(([invariant]) => invariant)]);
    expect([...covered].sort((a, b) => a - b)).to.deep.equal(
      Array.from({ length: 22 }, (_, index) => index + 1),
    );
  });

  it('names no more than a few of the things that break an invariant', () => {
    const file = copy();
    const db = new Database(file);
    for (let index = 0; index < 20; index++)
      db.exec(`INSERT INTO xattr VALUES(${1000 + index}, CAST('user.a' AS BLOB), x'')`);
    db.close();
    expect(checkStorage(file)).to.have.length(1);
    expect(checkStorage(file)[0]).to.match(/^19: .*: 1000, 1001, 1002, 1003, 1004, …$/);
  });
});

/** Writes over the end of the root page of a table, where its first rows are. */
function overwritePage(file: string, table: string): void {
  const db = new Database(file, { readonly: true });
  const page = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table) as number;
  const size = db.pragma('page_size', { simple: true }) as number;
  db.close();
  const descriptor = openSync(file, 'r+');
  const half = Buffer.alloc(size / 2);
  readSync(descriptor, half, 0, half.length, page * size - half.length);
  expect(half.some((byte) => byte !== 0)).to.equal(true);
  writeSync(descriptor, half.fill(0xff), 0, half.length, page * size - half.length);
  closeSync(descriptor);
}
