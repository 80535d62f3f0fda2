import { expect } from 'chai';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Storages } from '../../server/storages.ts';
import { StorageWorkers } from '../../server/storage-workers/storage-workers.ts';
import { checkStorage } from '../../vfs/backends/sqlite/index.ts';
import type { VfsPath } from '../../vfs/path.ts';
import { expectBytes, pattern, refused } from '../conformance/expectations.ts';
import { captureLog, type CapturedLog } from '../support/captured-log.ts';
import { filesOf } from '../support/files-of.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const owner = (name: string) => ({ name, uid: 10_001, gid: 10_001 });

describe('storages in threads of their own', function () {
  this.timeout(30_000);
  const directory = temporaryDirectory();
  const fileOf = (name: string): string => join(directory(), `${name}.db`);
  let log: CapturedLog;
  let workers: StorageWorkers;
  let storages: Storages;

  beforeEach(() => {
    log = captureLog();
    workers = new StorageWorkers(2, log);
    storages = new Storages({
      open: ({ name, uid, gid }) =>
        workers.open({ name, file: fileOf(name), options: { durability: 'process', owner: { uid, gid } } }),
      idleMilliseconds: 60_000,
      openMax: 100,
      log,
    });
  });
  afterEach(async () => {
    await storages.dispose();
    await workers.terminate();
  });

  it('keep what is put into them, belong to their owner, and are whole when they are closed', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `user${index}`);
    await Promise.all(
      names.map(async (name, index) => {
        const { backend } = await storages.lease(owner(name));
        expect(await backend.lstat('/' as VfsPath, {})).to.include({ uid: 10_001 });
        await filesOf(backend).put('/f', pattern(300_000, index + 1));
        expectBytes(await filesOf(backend).get('/f'), pattern(300_000, index + 1));
      }),
    );
    await storages.dispose();
    for (const name of names) {
      expect(checkStorage(fileOf(name))).to.deep.equal([]);
      expect(existsSync(`${fileOf(name)}-wal`), 'closed in good order').to.equal(false);
    }
  });

  it('are shared by all who lease them', async () => {
    const [one, other] = await Promise.all([storages.lease(owner('a')), storages.lease(owner('a'))]);
    await filesOf(one.backend).put('/f', pattern(10));
    expectBytes(await filesOf(other.backend).get('/f'), pattern(10));
  });

  it('say why they cannot be opened, and can be once that is mended', async () => {
    writeFileSync(fileOf('a'), 'this is no database, however long it may be'.repeat(100));
    const error = await refused(storages.lease(owner('a')), 'EIO');
    expect(error.detail).to.include('damaged');
    const { backend } = await storages.lease(owner('b'));
    await filesOf(backend).put('/f', pattern(10));
  });

  it('are opened again while they are still being closed', async () => {
    for (let round = 0; round < 10; round++) {
      const storage = { name: 'a', file: fileOf('a'), options: {} };
      const backend = await workers.open(storage);
      await filesOf(backend).put(`/f${round}`, pattern(1000));
      const closed = backend.dispose();
      if (round % 2 === 0) await closed;
    }
  });

  it('whose thread dies fail at once for those who use them, and are there again for the next, with all that was acknowledged', async () => {
    const lease = await storages.lease(owner('a'));
    await filesOf(lease.backend).put('/kept', pattern(500_000));
    const handle = await lease.backend.open('/kept' as VfsPath, { access: 'r' }, 0, {});
    await workers.terminate();
    await refused(lease.backend.read(handle, 0, 10, {}), 'EIO');
    await refused(filesOf(lease.backend).get('/kept'), 'EIO');
    const { backend } = await storages.lease(owner('a'));
    expectBytes(await filesOf(backend).get('/kept'), pattern(500_000));
    lease.release();
    await filesOf(backend).put('/more', pattern(10));
  });
});
