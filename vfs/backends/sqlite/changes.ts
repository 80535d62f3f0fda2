import type { Database, Statement } from 'better-sqlite3';
import { VfsError } from '../../errors.ts';
import { COLUMNS } from './inode.ts';
import type { IntentLog } from './intent-log.ts';
import type { Value } from './intent-record.ts';

/** The id of a chunk is computed in SQL: as a JavaScript product it would pass 2^53. */
export const CHUNK_ID = '(?<<28)|?';

/**
 * Every statement that changes a row, by its number in the intent log (docs/storage-format.md), where a number is for ever: what it
 * does to a given state of the database is always the same.
 */
const CHANGES = {
  reserveNumbers: [1, "UPDATE meta SET v = CAST(? AS INTEGER) WHERE k = 'next_ino'"],
  saveUsedBytes: [2, "UPDATE meta SET v = CAST(? AS INTEGER) WHERE k = 'usage_bytes'"],
  saveUsedInodes: [3, "UPDATE meta SET v = CAST(? AS INTEGER) WHERE k = 'usage_inodes'"],
  validateUsage: [4, "UPDATE meta SET v = CAST(? AS INTEGER) WHERE k = 'usage_valid'"],
  insertInode: [5, `INSERT INTO inode(${COLUMNS}) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`],
  saveInode: [
    6,
    'UPDATE inode SET mode=?, nlink=?, uid=?, gid=?, size=?, used=?, atime=?, atime_ns=?, mtime=?, mtime_ns=?,' +
      ' ctime=?, ctime_ns=?, parent=?, content=? WHERE ino=?',
  ],
  removeInode: [7, 'DELETE FROM inode WHERE ino = ?'],
  insertName: [8, 'INSERT INTO dentry(parent, name, ino) VALUES(?,?,?)'],
  removeName: [9, 'DELETE FROM dentry WHERE parent = ? AND name = ?'],
  putChunk: [
    10,
    `INSERT INTO chunk(id, data) VALUES(${CHUNK_ID},?) ON CONFLICT(id) DO UPDATE SET data = excluded.data`,
  ],
  removeChunks: [11, `DELETE FROM chunk WHERE id >= ${CHUNK_ID} AND id < (?+1)<<28`],
  removeChunksUpTo: [
    12,
    `DELETE FROM chunk WHERE id IN (SELECT id FROM chunk WHERE id >= ${CHUNK_ID} AND id < (?+1)<<28 ORDER BY id LIMIT ?)`,
  ],
  addOrphan: [
    13,
    'INSERT INTO orphan(content, first, ino) VALUES(?,?,?) ON CONFLICT(content) DO UPDATE' +
      ' SET first = min(first, excluded.first), ino = max(ino, excluded.ino)',
  ],
  removeOrphan: [14, 'DELETE FROM orphan WHERE content = ?'],
  putXattr: [
    15,
    'INSERT INTO xattr(ino, name, value) VALUES(?,?,?) ON CONFLICT(ino, name) DO UPDATE SET value = excluded.value',
  ],
  removeXattr: [16, 'DELETE FROM xattr WHERE ino = ? AND name = ?'],
  removeXattrs: [17, 'DELETE FROM xattr WHERE ino = ?'],
} as const satisfies Readonly<Record<string, readonly [number: number, sql: string]>>;

export type ChangeName = keyof typeof CHANGES;

/** Makes a change in the open transaction, and answers how many rows it met. */
export type Change<A extends readonly Value[]> = (...values: A) => number;

/** All changes of a storage's rows go through here, so that the intent log has them. */
export class Changes {
  readonly #log: IntentLog;
  readonly #statements = new Map<number, Statement<Value[]>>();
  readonly #setEpoch: Statement<[number]>;

  constructor(db: Database, log: IntentLog) {
    this.#log = log;
    for (const [number, sql] of Object.values(CHANGES)) this.#statements.set(number, db.prepare(sql));
    this.#setEpoch = db.prepare("UPDATE meta SET v = CAST(? AS INTEGER) WHERE k = 'epoch'");
  }

  /** Nothing is promised that is not committed. */
  get areCommitted(): boolean {
    return this.#log.isEmpty;
  }

  of<A extends readonly Value[]>(name: ChangeName): Change<A> {
    const [number] = CHANGES[name];
    const statement = this.#statementOf(number);
    return (...values) => {
      const { changes } = statement.run(...values);
      this.#log.add(number, values);
      return changes;
    };
  }

  /** Keeps what has been changed since the last time. False where it must be committed. */
  keep(): boolean {
    return this.#log.append();
  }

  /**
   * Commits by `commit` what the transaction has. Each state of the database has an epoch of its own: after the loss of power it may be
   * one of some commits ago, on which what was kept since must not be made.
   */
  commitBy(commit: () => void): void {
    const epoch = this.#log.nextEpoch();
    this.#setEpoch.run(epoch);
    commit();
    this.#log.committed(epoch);
  }

  /** What has been changed since the last `keep` is undone. */
  undone(): void {
    this.#log.forgetPending();
  }

  /** Makes what was kept once more, in a new transaction on what was committed last. */
  remake(): void {
    for (const { change, values } of this.#log.promised()) this.#statementOf(change).run(...values);
  }

  #statementOf(number: number): Statement<Value[]> {
    const statement = this.#statements.get(number);
    if (statement === undefined) throw new VfsError('EIO', { detail: `no change has the number ${number}` });
    return statement;
  }
}
