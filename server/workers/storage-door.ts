import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import {
  connectBackend,
  serveBackend,
  SocketChannel,
  type RemoteBackend,
  type Served,
} from '../../vfs/backends/remote/index.ts';
import type { AccountDirectory } from '../auth/account.ts';
import type { Logger } from '../log.ts';
import type { Storages } from '../storages.ts';
import { withinTime } from '../within-time.ts';

export interface StorageDoorOptions {
  /** Of the worker. */
  readonly number: number;
  readonly accounts: Pick<AccountDirectory, 'find'>;
  /** Those that this process has. */
  readonly storages: Pick<Storages, 'lease'>;
  readonly log: Logger;
}

/** Where sessions of other processes reach the storages of this one. */
export interface StorageDoor {
  /** Waits until the others have gone, but not for long, and closes it. */
  close(): Promise<void>;
}

/** The name of an account and the end of its line. */
const REQUEST_BYTES_MAX = 256;
const NEWLINE = 0x0a;
/** Others that do not go by themselves in this time have to. */
const PATIENCE_MILLISECONDS = 5000;

/** The socket of a worker in the data directory, in which all workers are: the path of a socket has no room for more than 107 bytes. */
function doorPath(number: number): string {
  return `worker-${number}.sock`;
}

/**
 * Listens on DATA/worker-N.sock, mode 0600, for other workers: the name of an account and a newline, and behind that
 * the storage, as docs/remote-protocol.md says. The data directory must be this process's working directory.
 */
export async function openStorageDoor(options: StorageDoorOptions): Promise<StorageDoor> {
  const { number, log } = options;
  const path = doorPath(number);
  // Left by the worker that had this number before; two of them are never there at once.
  rmSync(path, { force: true });
  const guests = new Set<Promise<void>>();
  const served = new Set<Served>();
  const listener = createServer((socket) => {
    const guest = serve(socket, options, served).catch((error: unknown) => {
      log.error('a storage cannot be given to another process', { error });
      socket.destroy();
    });
    guests.add(guest);
    void guest.then(() => guests.delete(guest));
  });
  // Until the chmod nobody else may connect either.
  const umask = process.umask(0o177);
  const listening = new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(path, resolve);
  });
  process.umask(umask);
  await listening;
  chmodSync(path, 0o600);
  listener.on('error', (error) => log.error('the door to the storages failed', { error }));
  return {
    async close() {
      listener.close();
      await withinTime(Promise.all(guests), PATIENCE_MILLISECONDS);
      await Promise.all([...served].map((connection) => connection.end()));
    },
  };
}

/** The storage of an account in the worker of a number. Rejects where that does not give it. */
export async function enterStorageDoor(number: number, account: string): Promise<RemoteBackend> {
  const socket = connect(doorPath(number));
  socket.write(`${account}\n`);
  return connectBackend(new SocketChannel(socket));
}

/** Serves one guest to its end. */
async function serve(
  socket: Socket,
  { accounts, storages, log }: StorageDoorOptions,
  served: Set<Served>,
): Promise<void> {
  socket.on('error', () => {});
  const account = accounts.find(await firstLine(socket));
  if (account === undefined) throw new Error('there is no such account');
  const lease = await storages.lease(account);
  try {
    const connection = serveBackend(lease.backend, new SocketChannel(socket), {
      onFailure: (error) => log.error('a storage failed', { storage: account.name, error }),
    });
    socket.resume();
    served.add(connection);
    await connection.ended;
    served.delete(connection);
  } finally {
    lease.release();
  }
}

/** Takes a line from a socket, pauses it, and puts back what came behind. */
function firstLine(socket: Socket): Promise<string> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('the other process has gone'));
    const take = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf(NEWLINE);
      if (end === -1 && bytes.length <= REQUEST_BYTES_MAX) return;
      socket.pause();
      socket.off('data', take);
      socket.off('close', gone);
      if (end === -1) return reject(new Error('no name of an account'));
      if (end + 1 < bytes.length) socket.unshift(bytes.subarray(end + 1));
      resolve(bytes.toString('utf8', 0, end));
    };
    socket.on('data', take);
    socket.once('close', gone);
  });
}
