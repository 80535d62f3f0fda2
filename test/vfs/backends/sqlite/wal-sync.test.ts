import { expect } from 'chai';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { VfsBackend } from '../../../../vfs/backend.ts';
import { SqliteBackend } from '../../../../vfs/backends/sqlite/index.ts';
import { WalSync } from '../../../../vfs/backends/sqlite/wal-sync.ts';
import { pattern, randomSource, refused } from '../../../conformance/expectations.ts';
import { filesOf } from '../../../support/files-of.ts';
import { openFiles } from '../../../support/open-files.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { until } from '../../../support/until.ts';

/** A disk whose syncs end when the test says so. */
class SlowDisk {
  readonly running: { end: () => void; fail: (error: Error) => void }[] = [];
  begun = 0;
  most = 0;

  readonly sync = (): Promise<void> => {
    this.begun++;
    return new Promise((resolve, reject) => {
      const entry = {
        end: () => this.#settle(entry, resolve),
        fail: (error: Error) => this.#settle(entry, () => reject(error)),
      };
      this.running.push(entry);
      this.most = Math.max(this.most, this.running.length);
    });
  };

  /** Ends the sync that runs, when one does. */
  async next(error?: Error): Promise<void> {
    await until('a sync runs', () => this.running.length > 0);
    const [entry] = this.running;
    if (error === undefined) entry?.end();
    else entry?.fail(error);
  }

  #settle(entry: SlowDisk['running'][number], how: () => void): void {
    this.running.splice(this.running.indexOf(entry), 1);
    how();
  }
}

describe('the sync of the WAL', () => {
  const directory = temporaryDirectory();
  const storage = (): string => join(directory(), 'storage.db');
  let disk: SlowDisk;
  let wal: WalSync;

  beforeEach(() => {
    disk = new SlowDisk();
    writeFileSync(`${storage()}-wal`, '');
    wal = new WalSync(storage(), () => false, disk.sync);
  });

  it('is shared by the calls that are made while another one runs', async () => {
    const first = wal.sync();
    await until('the first runs', () => disk.running.length === 1);
    const others = Array.from({ length: 20 }, () => wal.sync());
    await disk.next();
    await first;
    await disk.next();
    await Promise.all(others);
    expect(disk.begun).to.equal(2);
    expect(disk.most).to.equal(1);
    await wal.close();
  });

  it('is not shared with a call that comes after it has begun', async () => {
    const first = wal.sync();
    await until('the first runs', () => disk.running.length === 1);
    const state = { second: false };
    const second = wal.sync().then(() => (state.second = true));
    await disk.next();
    await first;
    await until('the second runs', () => disk.running.length === 1);
    expect(state.second).to.equal(false);
    await disk.next();
    await second;
    await wal.close();
  });

  it('that covers a call always begins after it, whatever the order of calls and ends', async () => {
    const random = randomSource(7);
    let commits = 0;
    let synced = 0;
    const syncFile = async (): Promise<void> => {
      const begunAt = commits;
      for (let turns = random(4); turns > 0; turns--) await (random(2) === 0 ? delay(0) : undefined);
      synced = begunAt;
    };
    const other = new WalSync(storage(), () => false, syncFile);
    const callers = Array.from({ length: 8 }, async () => {
      for (let turn = 0; turn < 50; turn++) {
        const commit = ++commits;
        await other.sync();
        expect(synced).to.be.at.least(commit);
        for (let turns = random(3); turns > 0; turns--) await (random(2) === 0 ? delay(0) : undefined);
      }
    });
    await Promise.all(callers);
    await other.close();
  });

  it('that fails is told to all who share it, and the next call tries again', async () => {
    const first = wal.sync();
    await until('the first runs', () => disk.running.length === 1);
    const sharing = [wal.sync(), wal.sync()];
    await disk.next();
    await first;
    const failure = Object.assign(new Error('i/o error'), { code: 'EIO' });
    await disk.next(failure);
    const told = await Promise.allSettled(sharing);
    expect(told.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    const again = wal.sync();
    await disk.next();
    await again;
    expect(disk.begun).to.equal(3);
    await wal.close();
  });

  it('that fails does not fail the one that waits for it', async () => {
    const first = wal.sync();
    await until('the first runs', () => disk.running.length === 1);
    const second = wal.sync();
    await disk.next(new Error('i/o error'));
    await disk.next();
    await second;
    const outcome = await Promise.allSettled([first]);
    expect(outcome[0]?.status).to.equal('rejected');
    await wal.close();
  });

  it('is over before close lets go of the file', async () => {
    const before = openFiles();
    const state = { closed: false };
    const syncs = [wal.sync(), wal.sync()];
    await until('the first runs', () => disk.running.length === 1);
    syncs.push(wal.sync());
    const closing = wal.close().then(() => (state.closed = true));
    await disk.next();
    await until('the second runs', () => disk.begun === 2);
    expect(state.closed).to.equal(false);
    await disk.next();
    await Promise.all([...syncs, closing]);
    expect(openFiles()).to.deep.equal(before);
    await wal.close();
  });

  it('fails where there is no WAL, and works when there is', async () => {
    const none = new WalSync(
      join(directory(), 'none.db'),
      () => false,
      () => Promise.resolve(),
    );
    const outcome = await Promise.allSettled([none.sync()]);
    expect(outcome[0]?.status).to.equal('rejected');
    writeFileSync(join(directory(), 'none.db-wal'), '');
    await none.sync();
    await none.close();
  });
});

describe('fsync of a storage', () => {
  const directory = temporaryDirectory();
  const file = (): string => join(directory(), 'storage.db');
  /** Descriptors of the WAL: SQLite's own, and the one that syncs go through. */
  const walDescriptors = (): number => openFiles().filter((name) => name === `${file()}-wal`).length;
  const afterIdleCommit = (): Promise<void> => delay(1200);

  it('and dispose at once: both end well, and the bytes are there', async () => {
    for (let turn = 0; turn < 20; turn++) {
      const backend: VfsBackend = await SqliteBackend.open(file());
      const files = filesOf(backend);
      const handle = await files.open(`/f${turn}`);
      await files.write(handle, 0, pattern(100));
      const syncs = [backend.fsync(handle, {}), backend.sync({}), backend.fsync(handle, {})];
      await Promise.all([backend.dispose(), ...syncs]);
      await refused(backend.fsync(handle, {}), 'EBADF');
      expect(existsSync(`${file()}-wal`)).to.equal(false);
    }
    const backend: VfsBackend = await SqliteBackend.open(file());
    expect(await backend.readdir('/' as never, { limit: 100 }, {})).to.have.length(20);
    await backend.dispose();
  });

  it('goes through a descriptor of its own; close does not, by default', async () => {
    const backend: VfsBackend = await SqliteBackend.open(file());
    const files = filesOf(backend);
    await files.put('/f', pattern(1000));
    expect(walDescriptors()).to.equal(1);
    const handle = await files.open('/f');
    await backend.fsync(handle, {});
    expect(walDescriptors()).to.equal(2);
    await files.close(handle);
    await backend.dispose();
    expect(walDescriptors()).to.equal(0);
  });

  it('is part of close with durability: close, also where the bytes have been committed before', async () => {
    const backend: VfsBackend = await SqliteBackend.open(file(), { durability: 'close' });
    const files = filesOf(backend);
    const handle = await files.open('/f');
    await files.write(handle, 0, pattern(1000));
    await afterIdleCommit();
    expect(walDescriptors()).to.equal(1);
    await files.close(handle);
    expect(walDescriptors()).to.equal(2);
    await backend.dispose();
  });
});
