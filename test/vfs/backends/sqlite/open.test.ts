import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { checkStorage, SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import type { VfsErrorCode } from '../../../../vfs/errors.ts';
import { ROOT, type VfsPath } from '../../../../vfs/path.ts';
import { refused } from '../../../conformance/expectations.ts';
import { filesOf } from '../../../support/files-of.ts';
import { openFiles } from '../../../support/open-files.ts';
import { succeed } from '../../../support/run-program.ts';
import { requireMount } from '../../../support/small-disk.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

const OPENER = new URL('../../../support/open-storage.ts', import.meta.url).pathname;
const OPENED_AT_ONCE_MILLISECONDS = 1000;

async function makeStorage(file: string): Promise<void> {
  const backend: VfsBackend = await SqliteBackend.open(file);
  const files = filesOf(backend);
  for (let index = 0; index < 20; index++)
    await files.put(`/file${index}`, new Uint8Array(100_000).fill(index));
  await backend.dispose();
}

/** Expects that opening is refused, that nothing stays open, and that the file is what it was. */
async function expectRefused(file: string, code: VfsErrorCode, detail: RegExp): Promise<void> {
  const before = existsSync(file) && statSync(file).isFile() ? readFileSync(file) : undefined;
  const open = openFiles();
  const error = await refused(SqliteBackend.open(file, { create: false }), code);
  expect(error.detail).to.match(detail);
  await refused(SqliteBackend.open(file), code);
  expect(openFiles()).to.deep.equal(open);
  if (before !== undefined)
    expect(readFileSync(file).equals(before), 'the file is what it was').to.equal(true);
}

describe('opening a storage', () => {
  const directory = temporaryDirectory();
  const place = (name = 'storage.db'): string => join(directory(), name);

  it('makes it where there is none, readable by its owner alone, and leaves one file when it is closed', async () => {
    const backend: VfsBackend = await SqliteBackend.open(place(), { owner: { uid: 5, gid: 6 } });
    expect(await backend.lstat(ROOT, {})).to.include({ inode: 1, type: 'directory', uid: 5, gid: 6 });
    await backend.dispose();
    expect(readdirSync(directory())).to.deep.equal(['storage.db']);
    expect(statSync(place()).mode & 0o777).to.equal(0o600);
    expect(checkStorage(place())).to.deep.equal([]);
  });

  it('has a new storage for itself from the first moment', async () => {
    const backend: VfsBackend = await SqliteBackend.open(place());
    expect(await openElsewhere(place())).to.equal('EBUSY');
    await backend.dispose();
  });

  it('is ENOENT without the file, unless it may be made, and without its directory', async () => {
    const error = await refused(SqliteBackend.open(place(), { create: false }), 'ENOENT');
    expect(error.detail).to.equal(`there is no storage file ${place()}`);
    expect(readdirSync(directory())).to.deep.equal([]);
    const astray = await refused(SqliteBackend.open(join(directory(), 'none', 'storage.db')), 'ENOENT');
    expect(astray.detail).to.equal(`there is no directory ${join(directory(), 'none')}`);
  });

  it('is EBUSY at once while another owner in this process has it, who is not disturbed', async () => {
    await makeStorage(place());
    const before = openFiles();
    const owner = await SqliteBackend.open(place());
    const open = openFiles();
    const begun = performance.now();
    const error = await refused(SqliteBackend.open(place()), 'EBUSY');
    expect(performance.now() - begun).to.be.below(OPENED_AT_ONCE_MILLISECONDS);
    expect(error.detail).to.equal('the storage is in use by another process');
    for (let again = 0; again < 10; again++) expect(() => checkStorage(place())).to.throw('EBUSY');
    // SQLite keeps one descriptor until the owner's lock is gone, since closing any would drop that lock.
    expect(openFiles().length - open.length).to.be.at.most(1);
    expect(await openElsewhere(place()), 'its lock still holds').to.equal('EBUSY');
    await filesOf(owner).put('/after', new Uint8Array(1000));
    await owner.dispose();
    expect(openFiles()).to.deep.equal(before);
    expect(checkStorage(place())).to.deep.equal([]);
  });

  it('is EBUSY at once while another process has it, and works when that has ended', async () => {
    await makeStorage(place());
    const owner = await SqliteBackend.open(place());
    expect(await openElsewhere(place())).to.equal('EBUSY');
    await owner.dispose();
    expect(await openElsewhere(place())).to.equal('opened');
  });

  it('closed twice is closed once', async () => {
    await makeStorage(place());
    const open = openFiles();
    const backend: VfsBackend = await SqliteBackend.open(place());
    const handle = await filesOf(backend).open('/file1');
    await filesOf(backend).write(handle, 'end', new Uint8Array(10));
    await Promise.all([backend.dispose(), backend.dispose()]);
    await backend.dispose();
    expect(openFiles()).to.deep.equal(open);
    expect(checkStorage(place())).to.deep.equal([]);
  });

  it('only to look leaves the file as it was', async () => {
    await makeStorage(place());
    const before = readFileSync(place());
    const backend: VfsBackend = await SqliteBackend.open(place());
    expect(await filesOf(backend).get('/file7')).to.have.length(100_000);
    await backend.dispose();
    expect(readFileSync(place()).equals(before)).to.equal(true);
  });

  it('through a symlink finds the files that belong to it, for fsync too', async () => {
    mkdirSync(join(directory(), 'real'));
    await makeStorage(place('real/storage.db'));
    symlinkSync('real/storage.db', place());
    const backend: VfsBackend = await SqliteBackend.open(place(), { create: false });
    const handle = await filesOf(backend).open('/new');
    await backend.fsync(handle, {});
    await backend.dispose();
    expect(lstatSync(place()).isSymbolicLink()).to.equal(true);
    expect(checkStorage(place('real/storage.db'))).to.deep.equal([]);
  });

  it('refuses an empty file: it was a storage once, and a new one in its place would look like one that was emptied', async () => {
    writeFileSync(place(), '');
    await expectRefused(place(), 'EIO', /is truncated/);
  });

  it('refuses a file of zeros', async () => {
    writeFileSync(place(), Buffer.alloc(1 << 20));
    await expectRefused(place(), 'EIO', /damaged: it is not a database; restore it from a backup/);
  });

  it('refuses a storage whose beginning was overwritten with zeros', async () => {
    await makeStorage(place());
    const bytes = readFileSync(place());
    writeFileSync(place(), bytes.fill(0, 0, 65_536));
    await expectRefused(place(), 'EIO', /damaged: it is not a database/);
  });

  it('refuses a text file', async () => {
    writeFileSync(place(), 'Dear diary,\n'.repeat(1000));
    await expectRefused(place(), 'EIO', /damaged: it is not a database/);
  });

  for (const journal of ['delete', 'wal']) {
    it(`refuses another program's SQLite database, journal mode ${journal}`, async () => {
      const db = new Database(place());
      db.pragma(`journal_mode = ${journal}`);
      db.exec('CREATE TABLE t(a); INSERT INTO t VALUES(1)');
      db.close();
      await expectRefused(place(), 'EIO', /is not an AnyFS storage/);
      expect(readdirSync(directory())).to.deep.equal(['storage.db']);
    });
  }

  it('refuses a newer format, and says what to do', async () => {
    await makeStorage(place());
    const db = new Database(place());
    db.pragma('user_version = 4');
    db.close();
    await expectRefused(place(), 'EIO', /has storage format 4, this version knows 3: run a newer AnyFS/);
  });

  it('brings a storage of format 1 to the present one, and leaves a damaged one as it is', async () => {
    await makeStorage(place());
    const db = new Database(place());
    db.exec("PRAGMA user_version = 1; DELETE FROM meta WHERE k = 'epoch'");
    db.close();
    expect(checkStorage(place())).to.deep.equal([]);
    const backend = await SqliteBackend.open(place(), { create: false });
    expect(await filesOf(backend).get('/file7')).to.deep.equal(new Uint8Array(100_000).fill(7));
    await backend.setxattr('/file7' as VfsPath, 'user.a', Uint8Array.of(1), 'create', {});
    await backend.dispose();
    const after = new Database(place(), { readonly: true });
    expect(after.pragma('user_version', { simple: true })).to.equal(3);
    after.close();
    expect(checkStorage(place())).to.deep.equal([]);
  });

  it('refuses a storage with an inode page that was written over', async () => {
    await makeStorage(place());
    const db = new Database(place(), { readonly: true });
    const page = db
      .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'inode'")
      .pluck()
      .get() as number;
    const size = db.pragma('page_size', { simple: true }) as number;
    db.close();
    const bytes = readFileSync(place());
    writeFileSync(place(), bytes.fill(0xa5, page * size - 1000, page * size));
    await expectRefused(place(), 'EIO', /damaged/);
  });

  for (const part of ['a page', 'half', 'all but a page', 'all but a byte', 'a part of the header']) {
    it(`refuses a storage that was cut to ${part}`, async () => {
      await makeStorage(place());
      const { size } = statSync(place());
      const lengths: Readonly<Record<string, number>> = {
        'a page': 32_768,
        half: size / 2,
        'all but a page': size - 32_768,
        'all but a byte': size - 1,
        'a part of the header': 60,
      };
      truncateSync(place(), lengths[part]);
      await expectRefused(place(), 'EIO', /is truncated|damaged/);
    });
  }

  it('refuses a directory, a device and a FIFO in its place', async () => {
    mkdirSync(place());
    await expectRefused(place(), 'EIO', /is not a file/);
    await expectRefused('/dev/null', 'EIO', /is not a file/);
    execFileSync('mkfifo', [place('fifo')]);
    await expectRefused(place('fifo'), 'EIO', /is not a file/);
  });

  it('does not follow a symlink to nowhere into making a storage', async () => {
    symlinkSync('nowhere', place());
    await refused(SqliteBackend.open(place()), 'ENOENT');
    expect(readdirSync(directory())).to.deep.equal(['storage.db']);
  });

  it('refuses a file and a directory that must not be written', async function () {
    await makeStorage(place());
    if (process.getuid?.() === 0) await refusedAsNobody(directory(), place());
    else {
      chmodSync(place(), 0o400);
      await expectRefused(place(), 'EACCES', /storage\.db cannot be written/);
      chmodSync(place(), 0o600);
      chmodSync(directory(), 0o500);
      await expectRefused(place(), 'EACCES', new RegExp(`${directory()} cannot be written`));
      await refused(SqliteBackend.open(place('new.db')), 'EACCES');
      chmodSync(directory(), 0o700);
    }
  });

  it('refuses a storage on a file system that is mounted read-only', async function () {
    await makeStorage(place());
    requireMount(this);
    execFileSync('mount', ['--bind', directory(), directory()]);
    try {
      execFileSync('mount', ['-o', 'remount,bind,ro', directory()]);
      await expectRefused(place(), 'EROFS', /cannot be written/);
      await refused(SqliteBackend.open(place('new.db')), 'EROFS');
    } finally {
      execFileSync('umount', [directory()]);
    }
    await (await SqliteBackend.open(place())).dispose();
  });

  it('is EMFILE or EIO without descriptors to open it with, and works when there are some', async () => {
    await makeStorage(place());
    const { stdout } = await succeed('sh', [
      '-c',
      `ulimit -n 64; exec '${process.execPath}' --import tsx '${OPENER}' '${place()}' without-descriptors`,
    ]);
    expect(stdout.trim()).to.match(/^opened (EMFILE|EIO) opened$/);
  });

  it('takes up a removal where it was left', async () => {
    await makeStorage(place());
    const copy = place('copy.db');
    copyFileSync(place(), copy);
    const db = new Database(copy);
    db.exec(
      "INSERT INTO chunk VALUES(1000 << 28, x'61'), (1000 << 28 | 1, x'62'); INSERT INTO orphan VALUES(1000, 0, 0)",
    );
    db.exec("UPDATE meta SET v = 2000 WHERE k = 'next_ino'");
    db.close();
    const backend: VfsBackend = await SqliteBackend.open(copy);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await backend.dispose();
    const after = new Database(copy, { readonly: true });
    expect(after.prepare('SELECT count(*) FROM orphan').pluck().get()).to.equal(0);
    expect(after.prepare('SELECT count(*) FROM chunk WHERE id >= 1000 << 28').pluck().get()).to.equal(0);
    after.close();
    expect(checkStorage(copy)).to.deep.equal([]);
  });
});

/** What another process meets: `opened`, or the code. */
async function openElsewhere(file: string): Promise<string> {
  const { stdout } = await succeed(process.execPath, ['--import', 'tsx', OPENER, file]);
  return stdout.trim();
}

/** Root may write everywhere; nobody (65534) may not. */
async function refusedAsNobody(directory: string, file: string): Promise<void> {
  chmodSync(directory, 0o755);
  chmodSync(file, 0o444);
  const before = readFileSync(file);
  const asNobody = [
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    process.execPath,
    '--import',
    'tsx',
    OPENER,
  ];
  const { stdout } = await succeed('setpriv', [...asNobody, file]);
  expect(stdout.trim()).to.equal('EACCES');
  chmodSync(file, 0o666);
  expect((await succeed('setpriv', [...asNobody, file])).stdout.trim(), 'its directory').to.equal('EACCES');
  expect((await succeed('setpriv', [...asNobody, join(directory, 'new.db')])).stdout.trim()).to.equal(
    'EACCES',
  );
  expect(readFileSync(file).equals(before)).to.equal(true);
  expect(readdirSync(dirname(file))).to.deep.equal(['storage.db']);
}
