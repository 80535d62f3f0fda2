import { chmodSync, chownSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a directory, and those above it, that its owner alone can enter. Answers whether it was missing; one that is there stays as it is. */
export function makePrivateDirectory(directory: string): boolean {
  if (mkdirSync(directory, { recursive: true, mode: 0o700 }) === undefined) return false;
  chmodSync(directory, 0o700);
  giveToOwnerAbove(directory);
  return true;
}

/**
 * Makes an empty file that its owner alone can read. One that is there is not even opened: opening a file that SQLite
 * has open in this process would drop SQLite's locks at the close.
 */
export function makePrivateFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  giveToOwnerAbove(file);
}

/** What root makes in another one's directory is that one's, whose server could not read it otherwise. */
function giveToOwnerAbove(path: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  chownSync(path, uid, gid);
}
