import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { migrate, PAGE_SIZE, type Owner } from './schema.ts';

/** Only the server's own user may read a storage. */
const FILE_MODE = 0o600;

/**
 * Makes a storage file where there is none, whole or not at all: an empty or partial file is never a storage that is
 * being made, always one that was damaged. Throws what `node:fs` throws.
 */
export function createStorageFile(file: string, owner: Owner): void {
  const draft = `${file}.${process.pid}.new`;
  try {
    writeSynced(draft, emptyStorage(owner));
    publish(draft, file);
    syncDirectory(dirname(file));
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The bytes of a storage that holds a root directory. */
function emptyStorage(owner: Owner): Uint8Array {
  const db = new Database(':memory:');
  try {
    // Both come before the first table.
    db.pragma(`page_size = ${PAGE_SIZE}`);
    db.pragma('auto_vacuum = INCREMENTAL');
    migrate(db, 0, owner);
    return db.serialize();
  } finally {
    db.close();
  }
}

function writeSynced(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'w', FILE_MODE);
  try {
    writeFileSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Never in place of a file that somebody else has made meanwhile, where the host's file system has links. */
function publish(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    renameSync(draft, file);
  }
}

/** Makes the name of a new file survive the loss of power. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
