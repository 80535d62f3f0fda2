import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkStorage, SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { pattern } from '../../../conformance/expectations.ts';
import { filesOf } from '../../../support/files-of.ts';
import { openFiles } from '../../../support/open-files.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

const MIB = 1024 * 1024;
/** Long enough for the journal to change, and not a whole number of groups. */
const LONG = 25;

describe('the journal of a storage', () => {
  const directory = temporaryDirectory();
  const file = (): string => join(directory(), 'storage.db');
  const journal = (): 'wal' | 'rollback' | 'both' | 'none' => {
    const [wal, rollback] = [existsSync(`${file()}-wal`), existsSync(`${file()}-journal`)];
    if (wal && rollback) return 'both';
    return wal ? 'wal' : rollback ? 'rollback' : 'none';
  };
  const piece = pattern(MIB);

  it('is the log for small work, the rollback journal for a long write, and the log again once somebody waits', async () => {
    const backend: VfsBackend = await SqliteBackend.open(file());
    const files = filesOf(backend);
    await files.put('/small', pattern(100));
    expect(journal()).to.equal('wal');
    const handle = await files.open('/long');
    const seen: string[] = [];
    for (let at = 0; at < LONG; at++) {
      await files.write(handle, at * MIB, piece);
      if (seen.at(-1) !== journal()) seen.push(journal());
    }
    expect(seen).to.deep.equal(['wal', 'rollback']);
    await files.close(handle);
    expect(journal()).to.equal('wal');
    for (let at = 0; at < LONG; at++) {
      const reader = await files.open('/long', { access: 'r', create: undefined });
      expect(Buffer.compare(await files.read(reader, at * MIB, MIB), piece)).to.equal(0);
      await files.close(reader);
    }
    await backend.dispose();
    expect(journal()).to.equal('none');
    expect(checkStorage(file())).to.deep.equal([]);
  });

  it('lets others of the storage work in the middle of a long write', async () => {
    const backend: VfsBackend = await SqliteBackend.open(file());
    const files = filesOf(backend);
    const handle = await files.open('/long');
    for (let at = 0; at < LONG; at++) await files.write(handle, at * MIB, piece);
    expect(journal()).to.equal('rollback');
    await backend.mkdir('/d' as VfsPath, 0o755, {});
    expect(journal()).to.equal('wal');
    await files.put('/d/f', pattern(1000));
    for (let at = LONG; at < 2 * LONG; at++) await files.write(handle, at * MIB, piece);
    expect(journal()).to.equal('rollback');
    await backend.fsync(handle, {});
    await files.unlink('/d/f');
    await files.close(handle);
    await backend.dispose();
    expect(checkStorage(file())).to.deep.equal([]);
  });

  it('is the log again, and stays it, for small pieces of chunks that are there, in any order', async () => {
    const backend: VfsBackend = await SqliteBackend.open(file());
    const files = filesOf(backend);
    const handle = await files.open('/long');
    for (let at = 0; at < LONG; at++) await files.write(handle, at * MIB, piece);
    expect(journal()).to.equal('rollback');
    const expected = Buffer.concat(Array.from({ length: LONG }, () => piece));
    for (let index = 0; index < 2000; index++) {
      const at = (index * 7_654_321) % (LONG * MIB - 4096);
      await files.write(handle, at, pattern(4096, index + 1));
      expected.set(pattern(4096, index + 1), at);
      // A few wait in memory.
      if (index > 100) expect(journal(), `after ${index} pieces`).to.equal('wal');
    }
    await files.close(handle);
    expect(Buffer.compare(await files.get('/long'), expected)).to.equal(0);
    await backend.dispose();
    expect(checkStorage(file())).to.deep.equal([]);
  });

  it('leaves nothing open and no second file, also when the storage is closed in the middle of a long write', async () => {
    const backend: VfsBackend = await SqliteBackend.open(file());
    const files = filesOf(backend);
    const handle = await files.open('/long');
    await files.put('/synced', pattern(10));
    const other = await files.open('/synced');
    await backend.fsync(other, {});
    for (let at = 0; at < LONG; at++) await files.write(handle, at * MIB, piece);
    expect(journal()).to.equal('rollback');
    await backend.sync({});
    await backend.fsync(other, {});
    for (let at = 0; at < LONG; at++) await files.write(handle, at * MIB, piece);
    expect(journal()).to.equal('rollback');
    const synced = backend.sync({});
    await backend.dispose();
    await synced;
    expect(openFiles().filter((name) => name.startsWith(file()))).to.deep.equal([]);
    expect(journal()).to.equal('none');
    expect(checkStorage(file())).to.deep.equal([]);
  });

  it('changes at every commit that nobody waits for where it is told to, and all is kept', async () => {
    const backend: VfsBackend = await SqliteBackend.open(file(), { bulkAfter: 1 });
    const files = filesOf(backend);
    for (let turn = 0; turn < 5; turn++) {
      const handle = await files.open(`/f${turn}`);
      for (let at = 0; at < 5; at++) await files.write(handle, at * MIB, piece);
      expect(journal()).to.equal('rollback');
      await backend.fsync(handle, {});
      expect(journal()).to.equal('wal');
      await files.close(handle);
    }
    await backend.dispose();
    const again: VfsBackend = await SqliteBackend.open(file());
    for (let turn = 0; turn < 5; turn++) {
      expect(Buffer.from(await filesOf(again).get(`/f${turn}`))).to.have.lengthOf(5 * MIB);
    }
    await again.dispose();
  });
});
