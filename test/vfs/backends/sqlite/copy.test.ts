import { expect } from 'chai';
import { join } from 'node:path';
import { checkStorage, SqliteBackend, type SqliteStorage } from '../../../../vfs/backends/sqlite/index.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { expectBytes, pattern, refused } from '../../../conformance/expectations.ts';
import { filesOf } from '../../../support/files-of.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

const FOREVER = new AbortController().signal;

describe('copying a storage that is in use', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  const copy = (): string => join(directory(), 'copy.db');
  let storage: SqliteStorage;

  beforeEach(async () => {
    storage = await SqliteBackend.open(join(directory(), 'storage.db'), { bulkAfter: 1_000_000 });
  });
  afterEach(() => storage.dispose());

  it('gives a sound storage with all that was promised before, while files are written in a row and one by one', async () => {
    await filesOf(storage).put('/before', pattern(6_000_000));
    const over = new AbortController();
    const handle = await storage.open('/bulk' as VfsPath, { access: 'w', create: 'exclusive' }, 0o600, {});
    const busy = [
      (async () => {
        for (let at = 0; !over.signal.aborted; at = (at + 262_144) % 50_000_000) {
          await storage.write(handle, at, pattern(262_144), {});
          await new Promise(setImmediate);
        }
      })(),
      (async () => {
        for (let index = 0; !over.signal.aborted; index++)
          await filesOf(storage).put(`/small${index % 100}`, pattern(3000));
      })(),
    ];
    await storage.copyTo(copy(), FOREVER);
    over.abort();
    await Promise.all(busy);
    await storage.close(handle, {});
    expect(checkStorage(copy())).to.deep.equal([]);
    const copied = await SqliteBackend.open(copy(), { create: false });
    expectBytes(await filesOf(copied).get('/before'), pattern(6_000_000));
    await copied.dispose();
  });

  it('finds what is broken in it too', async () => {
    await filesOf(storage).put('/f', pattern(10));
    await storage.dispose();
    const { default: Database } = await import('better-sqlite3');
    const db = new Database(join(directory(), 'storage.db'));
    db.exec('UPDATE inode SET used = used + 1 WHERE content > 0');
    db.close();
    storage = await SqliteBackend.open(join(directory(), 'storage.db'));
    await storage.copyTo(copy(), FOREVER);
    expect(checkStorage(copy()).join()).to.match(/^14:/);
  });

  it('ends when nobody wants it any more, or the storage is closed', async () => {
    await filesOf(storage).put('/f', pattern(6_000_000));
    const stop = new AbortController();
    const stopped = storage.copyTo(copy(), stop.signal);
    setImmediate(() => stop.abort());
    await refused(stopped, 'EINTR');
    await filesOf(storage).put('/more', pattern(1000));
    const cut = storage.copyTo(copy(), FOREVER);
    cut.catch(() => {});
    await storage.dispose();
    await refused(cut, 'EIO');
    expect(checkStorage(join(directory(), 'storage.db'))).to.deep.equal([]);
  });
});
