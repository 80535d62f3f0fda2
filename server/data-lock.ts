import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { formatListenAddress } from '../config/listen-address.ts';
import { askServer, type ServerStatus } from './control-client.ts';

/** Another process serves the data directory. The message says who, in one line for a person. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
}

export interface DataLock {
  /** Lets go. Again: nothing. */
  release(): void;
}

const LOCK_FILE = 'server.lock';

/**
 * Makes this process the only server of a data directory, until it lets go or ends in whatever way: the lock is an
 * exclusive transaction on an empty SQLite file, which the kernel drops with the process. Rejects with
 * `DataDirectoryInUse`.
 */
export async function lockDataDirectory(data: string): Promise<DataLock> {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const database = new Database(join(data, LOCK_FILE), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw new DataDirectoryInUse(describeHolder(data, await whoHolds(data)), { cause: error });
  }
  try {
    waitForWorkers(data);
  } catch (error) {
    database.close();
    throw error;
  }
  return { release: () => database.close() };
}

const WORKERS_FILE = 'workers.lock';
/** A worker whose server was killed ends at once, but no sooner. */
const WORKERS_MILLISECONDS_MAX = 10_000;

/**
 * Makes it known that a worker of the server that has the directory may have storages open, until it lets go or ends:
 * a shared lock of the same kind. So the next server cannot begin before the last worker of a killed one has ended.
 */
export function shareDataDirectory(data: string): DataLock {
  const database = new Database(join(data, WORKERS_FILE), { timeout: WORKERS_MILLISECONDS_MAX });
  database.exec('BEGIN');
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  return { release: () => database.close() };
}

function waitForWorkers(data: string): void {
  const database = new Database(join(data, WORKERS_FILE), { timeout: WORKERS_MILLISECONDS_MAX });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    if (!isBusy(error)) throw error;
    const what = `processes of a server that has ended still use the data directory ${data}`;
    throw new DataDirectoryInUse(`${what}; try again`, { cause: error });
  } finally {
    database.close();
  }
}

/** The server that answers for the data directory; absent where none does. */
export async function whoHolds(data: string): Promise<ServerStatus | undefined> {
  try {
    return await askServer(data, { op: 'status' });
  } catch {
    return undefined;
  }
}

function describeHolder(data: string, holder: ServerStatus | undefined): string {
  if (holder === undefined)
    return `the data directory ${data} is in use by another server, which does not answer`;
  const places = holder.listen.map(formatListenAddress).join(', ');
  const where = places === '' ? 'not listening yet' : `listening on ${places}`;
  return `the data directory ${data} is in use by the server with process id ${holder.pid}, ${where}`;
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
