import { expect } from 'chai';
import { join } from 'node:path';
import type { Lease, Storages as StoragesClass } from '../../server/storages.ts';
import type { StorageWorkers as StorageWorkersClass } from '../../server/storage-workers/storage-workers.ts';
import { checkStorage } from '../../vfs/backends/sqlite/index.ts';
import type { VfsError } from '../../vfs/errors.ts';
import { expectBytes, pattern } from '../conformance/expectations.ts';
import { captureLog } from '../support/captured-log.ts';
import { filesOf } from '../support/files-of.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/** Of the build, whose threads begin in a tenth of the time that those of the sources take. */
const built = async <T>(file: string): Promise<T> =>
  (await import(new URL(`../../dist/server/${file}`, import.meta.url).href)) as T;

const ROUNDS = 70;
const USERS = 3;

const owner = (name: string) => ({ name, uid: 10_001, gid: 10_001 });

describe('storages whose threads die', function () {
  this.timeout(120_000);
  const directory = temporaryDirectory();
  const fileOf = (name: string): string => join(directory(), `${name}.db`);
  let workers: StorageWorkersClass;
  let storages: StoragesClass;

  beforeEach(async () => {
    const { StorageWorkers } = await built<{ StorageWorkers: typeof StorageWorkersClass }>(
      'storage-workers/storage-workers.js',
    );
    const { Storages } = await built<{ Storages: typeof StoragesClass }>('storages.js');
    const log = captureLog();
    workers = new StorageWorkers(2, log);
    storages = new Storages({
      open: ({ name }) => workers.open({ name, file: fileOf(name), options: {} }),
      idleMilliseconds: 60_000,
      openMax: 100,
      log,
    });
  });
  afterEach(async () => {
    await storages.dispose();
    await workers.terminate();
  });

  it('at any moment lose nothing that was acknowledged, round after round', async () => {
    const kept = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      let acknowledged = 0;
      const over = new AbortController();
      const work = Array.from({ length: 4 }, async (_, worker) => {
        let lease: Lease | undefined;
        try {
          lease = await storages.lease(owner(`user${worker % USERS}`));
          const files = filesOf(lease.backend);
          for (let index = 0; !over.signal.aborted; index++) {
            const path = `/r${round}w${worker}n${index}`;
            const seed = round * 1000 + worker * 100 + index + 1;
            await files.put(path, pattern(index % 2 === 0 ? 5000 : 60_000, seed));
            kept.set(`${worker % USERS}${path}`, seed);
            acknowledged++;
          }
        } catch (error) {
          // Classes of the build are not those of the sources.
          if ((error as VfsError).code !== 'EIO') throw error;
        } finally {
          lease?.release();
        }
      });
      await until('some of it is done', () => acknowledged > round % 7);
      await workers.terminate();
      // Who came later has a new thread.
      over.abort();
      await Promise.all(work);
    }
    for (const [where, seed] of kept) {
      const lease = await storages.lease(owner(`user${where[0]}`));
      const bytes = await filesOf(lease.backend).get(where.slice(1));
      expectBytes(bytes, pattern(bytes.length, seed));
      expect(bytes.length, where).to.be.above(0);
      lease.release();
    }
    await storages.dispose();
    for (const index of [0, 1, 2]) expect(checkStorage(fileOf(`user${index}`))).to.deep.equal([]);
    expect(kept.size).to.be.above(ROUNDS);
  });
});
