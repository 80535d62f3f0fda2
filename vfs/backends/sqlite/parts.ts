import type { Database } from 'better-sqlite3';
import { VfsError } from '../../errors.ts';
import type { VfsPath } from '../../path.ts';
import { systemClock, type Clock } from '../shared/clock.ts';
import { HandleTable } from '../shared/handle-table.ts';
import { ChunkTable } from './chunk-table.ts';
import { Content } from './content.ts';
import type { Inode } from './inode.ts';
import { InodeTable } from './inode-table.ts';
import { NameTable } from './name-table.ts';
import type { OpenContent, OpenFile } from './open-file.ts';
import { Orphans } from './orphans.ts';
import { Transaction } from './transaction.ts';
import { UsageCounter } from './usage-counter.ts';

/** The parts of an open storage, which the operations work on. */
export interface Parts {
  readonly file: string;
  readonly db: Database;
  readonly transaction: Transaction;
  readonly inodes: InodeTable;
  readonly names: NameTable;
  readonly chunks: ChunkTable;
  readonly orphans: Orphans;
  readonly usage: UsageCounter;
  readonly content: Content;
  readonly handles: HandleTable<OpenFile>;
  /** The content in memory of each open inode. */
  readonly contents: Map<number, OpenContent>;
  /** Inode numbers of directories by path; emptied when any directory moves or goes. */
  readonly directories: Map<VfsPath, number>;
  readonly clock: Clock;
}

export function createParts(file: string, db: Database, clock: Clock = systemClock): Parts {
  const chunks = new ChunkTable(db);
  const inodes = new InodeTable(db);
  const usage = new UsageCounter(db);
  const orphans = new Orphans(db, chunks);
  const content = new Content(chunks, inodes, usage, orphans);
  const transaction = new Transaction(db);
  const parts: Parts = {
    file,
    db,
    transaction,
    inodes,
    names: new NameTable(db),
    chunks,
    orphans,
    usage,
    content,
    handles: new HandleTable(),
    contents: new Map(),
    directories: new Map(),
    clock,
  };
  transaction.join(content, usage, orphans, { rolledBack: () => afterRollback(parts) });
  return parts;
}

/** What is in memory says again what the file says; who lost acknowledged bytes will be told. */
function afterRollback(parts: Parts): void {
  parts.directories.clear();
  const lost = parts.content.loseUnsaved();
  const gone = new Set<Inode>(parts.inodes.reload());
  for (const file of lost)
    file.failure = new VfsError('EIO', { detail: 'bytes written before could not be stored' });
  for (const file of parts.contents.values()) if (gone.has(file.inode)) file.gone = true;
}
