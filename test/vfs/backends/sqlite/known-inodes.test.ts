import { expect } from 'chai';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { checkStorage, SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import { modeWithType, type Inode } from '../../../../vfs/backends/sqlite/inode.ts';
import { KnownInodes } from '../../../../vfs/backends/sqlite/known-inodes.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import type { Timestamp } from '../../../../vfs/stats.ts';
import { filesOf, type Files } from '../../../support/files-of.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

const at = (path: string): VfsPath => path as VfsPath;
/** What nobody waits for is committed after a second. */
const IDLE_MILLISECONDS = 1500;

describe('the times of a directory', () => {
  const directory = temporaryDirectory();
  describe('in a storage', () => timesIn(directory));
});

function timesIn(directory: () => string): void {
  const file = (): string => join(directory(), 'storage.db');
  let backend: VfsBackend;
  let files: Files;
  let seconds: number;

  beforeEach(async () => {
    seconds = 1000;
    backend = await SqliteBackend.open(file(), { clock: () => ({ seconds: seconds++, nanoseconds: 7 }) });
    files = filesOf(backend);
    await backend.mkdir(at('/d'), 0o755, {});
    await backend.sync({});
  });

  afterEach(async () => {
    await backend.dispose();
    expect(checkStorage(file())).to.deep.equal([]);
  });

  const told = async (): Promise<Timestamp> => (await backend.lstat(at('/d'), {})).mtime;

  /** What a storage says that is found as this one is now, as after the end of the process. */
  async function found(): Promise<{ readonly mtime: Timestamp; readonly names: readonly string[] }> {
    const copy = join(directory(), 'copy.db');
    for (const suffix of ['', '-wal', '-intents']) copyFileSync(`${file()}${suffix}`, `${copy}${suffix}`);
    expect(checkStorage(copy)).to.deep.equal([]);
    const other = await SqliteBackend.open(copy);
    const { mtime } = await other.lstat(at('/d'), {});
    const names = (await other.readdir(at('/d'), { limit: 10 }, {})).map(({ name }) => name);
    await other.dispose();
    return { mtime, names };
  }

  it('are told at once, and are in the file a second later', async () => {
    const before = await told();
    await files.put('/d/f', new Uint8Array(1));
    const after = await told();
    expect(after).to.not.deep.equal(before);
    expect((await found()).names).to.deep.equal(['f']);
    await delay(IDLE_MILLISECONDS);
    expect((await found()).mtime).to.deep.equal(after);
  });

  it('are in the file once anything is synced', async () => {
    await files.put('/d/f', new Uint8Array(1));
    await backend.unlink(at('/d/f'), {});
    const handle = await backend.open(at('/d'), { access: 'r' }, 0, {});
    await backend.fsync(handle, {});
    await backend.close(handle, {});
    expect(await found()).to.deep.equal({ mtime: await told(), names: [] });
  });

  it('are in the file with whatever else changes of the directory', async () => {
    await files.put('/d/f', new Uint8Array(1));
    const mtime = await told();
    await backend.setstat(at('/d'), { mode: 0o700 }, {});
    expect((await found()).mtime).to.deep.equal(mtime);
  });

  it('survive closing and opening', async () => {
    await files.put('/d/f', new Uint8Array(1));
    const mtime = await told();
    await backend.dispose();
    backend = await SqliteBackend.open(file());
    expect(await told()).to.deep.equal(mtime);
  });

  it('go with the directory', async () => {
    await files.put('/d/f', new Uint8Array(1));
    await backend.unlink(at('/d/f'), {});
    await backend.rmdir(at('/d'), {});
    await delay(IDLE_MILLISECONDS);
    await backend.mkdir(at('/d'), 0o755, {});
    expect((await found()).mtime).to.deep.equal(await told());
  });
}

describe('a directory whose times are late', () => {
  const time = (seconds: number): Timestamp => ({ seconds, nanoseconds: 0 });
  const row = (mode: number): Inode => ({
    ino: 5,
    mode: modeWithType('directory', mode),
    nlink: 2,
    uid: 0,
    gid: 0,
    size: 0,
    used: 0,
    atime: time(1),
    mtime: time(1),
    ctime: time(1),
    parent: 1,
    content: 0,
    target: null,
  });

  it('keeps after a rollback what was told before, and nothing else', () => {
    const known = new KnownInodes();
    const inode = row(0o755);
    Object.assign(inode, { mtime: time(2), ctime: time(2) });
    known.changed(inode);
    known.committed();
    Object.assign(inode, { mtime: time(3), ctime: time(3), mode: modeWithType('directory', 0) });
    known.changed(inode);
    known.reload(() => row(0o755));
    expect(inode).to.deep.equal({ ...row(0o755), mtime: time(2), ctime: time(2) });
    expect([...known.unsaved()]).to.deep.equal([inode]);
  });

  it('is still late where its row was saved in what is rolled back', () => {
    const known = new KnownInodes();
    const inode = row(0o755);
    inode.mtime = time(2);
    known.changed(inode);
    known.committed();
    known.saved(inode.ino);
    expect([...known.unsaved()]).to.deep.equal([]);
    known.reload(() => row(0o755));
    expect([...known.unsaved()]).to.deep.equal([inode]);
    expect(inode.mtime).to.deep.equal(time(2));
  });

  it('is read anew where nothing of it was told, and forgotten where it is gone', () => {
    const known = new KnownInodes();
    known.changed(row(0o755));
    known.reload(() => row(0o755));
    expect(known.hasLate).to.equal(false);
    expect(known.get(5)).to.equal(undefined);
    known.changed(row(0o755));
    known.committed();
    known.reload(() => undefined);
    expect(known.hasLate).to.equal(false);
  });
});
