import Database from 'better-sqlite3';
import { expect } from 'chai';
import { join } from 'node:path';
import { Checkpoints } from '../../../../vfs/backends/sqlite/checkpoints.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

const MEBIBYTE = 2 ** 20;

describe('checkpoints of the write-ahead log', () => {
  const directory = temporaryDirectory();
  let db: Database.Database;
  let checkpoints: Checkpoints;
  /** Ends the syncs of the log that were asked for. */
  let syncs: { end: () => void; fail: () => void }[];

  beforeEach(() => {
    db = new Database(join(directory(), 'some.db'));
    db.pragma('page_size = 16384');
    db.pragma('journal_mode = WAL');
    db.exec('CREATE TABLE t(bytes BLOB)');
    syncs = [];
    checkpoints = new Checkpoints(
      db,
      () =>
        new Promise((resolve, reject) => {
          syncs.push({ end: resolve, fail: () => reject(new Error('no disk')) });
        }),
    );
    db.pragma('wal_checkpoint(PASSIVE)');
  });
  afterEach(() => db.close());

  /** Commits so many bytes of content. */
  function commit(mebibytes: number, keepsWaiting: boolean): void {
    db.prepare('INSERT INTO t VALUES(?)').run(Buffer.alloc(mebibytes * MEBIBYTE));
    checkpoints.committed(mebibytes * MEBIBYTE, keepsWaiting);
  }

  /** Is all of the log in the file? */
  function isDone(): boolean {
    const [{ log, checkpointed }] = db.pragma('wal_checkpoint(NOOP)') as [
      { log: number; checkpointed: number },
    ];
    return log === checkpointed;
  }

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('wait for little', () => {
    commit(3, true);
    expect(syncs).to.have.length(0);
    expect(isDone()).to.equal(false);
  });

  for (const keepsWaiting of [true, false]) {
    it(`have the log synced first, ${keepsWaiting ? 'where somebody waits' : 'at rest'}`, async () => {
      commit(4, keepsWaiting);
      commit(1, keepsWaiting);
      expect(syncs).to.have.length(1);
      expect(isDone()).to.equal(false);
      syncs[0]?.end();
      await turn();
      expect(isDone()).to.equal(true);
      commit(3, keepsWaiting);
      expect(syncs).to.have.length(1);
    });
  }

  it('are made after the commit of a transaction that is open when the log is synced', async () => {
    commit(4, true);
    db.exec('BEGIN; INSERT INTO t VALUES(1)');
    syncs[0]?.end();
    await turn();
    db.exec('COMMIT');
    expect(isDone()).to.equal(false);
    checkpoints.committed(0, true);
    expect(isDone()).to.equal(true);
  });

  it('do not wait for a slow disk without end', () => {
    commit(4, true);
    commit(3, true);
    expect(isDone()).to.equal(false);
    commit(1, true);
    expect(isDone()).to.equal(true);
  });

  it('are made where the sync fails: SQLite says so itself', async () => {
    commit(4, true);
    syncs[0]?.fail();
    await turn();
    expect(isDone()).to.equal(true);
  });

  it('leave a database alone that was closed meanwhile', async () => {
    commit(4, true);
    db.close();
    syncs[0]?.end();
    await turn();
    expect(db.open).to.equal(false);
  });
});
