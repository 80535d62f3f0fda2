import type { Database } from 'better-sqlite3';
import { VfsError } from '../../errors.ts';
import type { VfsPath } from '../../path.ts';
import { systemClock, type Clock } from '../shared/clock.ts';
import { HandleTable } from '../shared/handle-table.ts';
import { LockTable } from '../shared/locks/index.ts';
import { Changes } from './changes.ts';
import { ChunkTable } from './chunk-table.ts';
import { Content } from './content.ts';
import { storageError } from './errors.ts';
import type { Inode } from './inode.ts';
import { InodeTable } from './inode-table.ts';
import { IntentLog } from './intent-log.ts';
import { NameTable } from './name-table.ts';
import type { OpenContent, OpenFile } from './open-file.ts';
import { Orphans } from './orphans.ts';
import { Transaction } from './transaction.ts';
import { UsageCounter } from './usage-counter.ts';
import { XattrTable } from './xattr-table.ts';

/** The parts of an open storage, which the operations work on. */
export interface Parts {
  /** The storage file, whatever symlinks led to it. */
  readonly file: string;
  readonly db: Database;
  readonly transaction: Transaction;
  readonly log: IntentLog;
  readonly inodes: InodeTable;
  readonly names: NameTable;
  readonly chunks: ChunkTable;
  readonly xattrs: XattrTable;
  readonly orphans: Orphans;
  readonly usage: UsageCounter;
  readonly content: Content;
  readonly handles: HandleTable<OpenFile>;
  readonly locks: LockTable;
  /** The content in memory of each open inode. */
  readonly contents: Map<number, OpenContent>;
  /** Inode numbers of directories by path; emptied when any directory moves or goes. */
  readonly directories: Map<VfsPath, number>;
  readonly clock: Clock;
}

export function createParts(db: Database, clock: Clock = systemClock): Parts {
  const log = new IntentLog(db.name, epochOf(db));
  const changes = new Changes(db, log);
  const transaction = new Transaction(db, changes);
  recover(log, transaction);
  const chunks = new ChunkTable(db, changes);
  const inodes = new InodeTable(db, changes);
  const usage = new UsageCounter(db, changes);
  const xattrs = new XattrTable(db, changes);
  const orphans = new Orphans(db, changes, chunks, xattrs);
  const content = new Content(chunks, inodes, usage, orphans, xattrs);
  const names = new NameTable(db, changes, inodes);
  const parts: Parts = {
    file: db.name,
    db,
    transaction,
    log,
    inodes,
    names,
    chunks,
    xattrs,
    orphans,
    usage,
    content,
    handles: new HandleTable(),
    locks: new LockTable(),
    contents: new Map(),
    directories: new Map(),
    clock,
  };
  transaction.join(
    { rolledBack: (cause) => tellLoss(parts, cause) },
    content,
    usage,
    inodes,
    names,
    xattrs,
    orphans,
    {
      rolledBack: () => readAgain(parts),
    },
  );
  return parts;
}

function epochOf(db: Database): number {
  return db.prepare<[], number>("SELECT v FROM meta WHERE k = 'epoch'").pluck().get() ?? 0;
}

/** Commits what an owner before this one had promised. */
function recover(log: IntentLog, transaction: Transaction): void {
  log.recover();
  transaction.remake();
  transaction.commit();
}

/** Who has a file open that lost acknowledged bytes will be told. */
function tellLoss(parts: Parts, cause: unknown): void {
  parts.directories.clear();
  const lost = parts.content.loseUnsaved();
  if (lost.size === 0) return;
  const { code, detail } = storageError(cause);
  const failure = new VfsError(code, {
    detail: `bytes written before could not be stored: ${detail}`,
    cause,
  });
  for (const file of parts.handles.all()) if (lost.has(file.content)) file.failure = failure;
}

/** Open files say again what their rows say. */
function readAgain(parts: Parts): void {
  const gone = new Set<Inode>(parts.inodes.reload());
  for (const file of parts.contents.values()) {
    file.gone = gone.has(file.inode);
    if (!file.gone && file.inode.nlink === 0) parts.usage.add(file.inode.used, 1);
  }
}
