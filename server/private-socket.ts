import { chmodSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';

/** The longest path that a Unix socket can have on Linux. */
const PATH_BYTES_MAX = 107;

/** Can there be a Unix socket of that path? */
export function fitsSocketPath(path: string): boolean {
  return Buffer.byteLength(path) <= PATH_BYTES_MAX;
}

/**
 * Listens on a Unix socket of mode 0600, in the place of what is there: only for who knows that nobody else listens on
 * it, so that it can only have been left by a process that ended badly.
 */
export async function listenPrivately(listener: Server, path: string): Promise<void> {
  rmSync(path, { force: true });
  // Until the chmod nobody else may connect either.
  const umask = process.umask(0o177);
  const listening = new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(path, resolve);
  });
  process.umask(umask);
  await listening;
  chmodSync(path, 0o600);
}
