import { connect, createServer, type Socket } from 'node:net';
import {
  connectBackend,
  serveBackend,
  SocketChannel,
  type RemoteBackend,
  type Served,
} from '../vfs/backends/remote/index.ts';
import type { AccountDirectory } from './auth/account.ts';
import type { Logger } from './log.ts';
import { listenPrivately } from './private-socket.ts';
import type { Storages } from './storages.ts';
import { withinTime } from './within-time.ts';

export interface StorageDoorOptions {
  /** Of the socket; nobody else may listen there. */
  readonly path: string;
  readonly accounts: Pick<AccountDirectory, 'find'>;
  /** Those that this process has. */
  readonly storages: Pick<Storages, 'lease'>;
  readonly log: Logger;
}

/** Where other processes reach the storages of this one: workers for their sessions, and the command line. */
export interface StorageDoor {
  /** Waits until those who have a storage have gone, but not for long, and closes it. */
  close(): Promise<void>;
}

/** The name of an account and the end of its line. */
const REQUEST_BYTES_MAX = 256;
const NEWLINE = 0x0a;
/** Others that do not go by themselves in this time have to. */
const PATIENCE_MILLISECONDS = 5000;

/**
 * Listens on a Unix socket of mode 0600: the name of an account and a newline, and behind that the storage, as
 * docs/remote-protocol.md says.
 */
export async function openStorageDoor(options: StorageDoorOptions): Promise<StorageDoor> {
  const { path, log } = options;
  const guests = new Set<Promise<void>>();
  const served = new Set<Served>();
  /** Who has not said yet which storage. */
  const strangers = new Set<Socket>();
  const admit = async (socket: Socket): Promise<void> => {
    socket.on('error', () => {});
    strangers.add(socket);
    const name = await firstLine(socket).finally(() => strangers.delete(socket));
    if (name !== undefined) await serve(socket, name, options, served);
  };
  const listener = createServer((socket) => {
    const guest = admit(socket).catch((error: unknown) => {
      log.error('a storage cannot be given to another process', { error });
      socket.destroy();
    });
    guests.add(guest);
    void guest.then(() => guests.delete(guest));
  });
  await listenPrivately(listener, path);
  listener.on('error', (error) => log.error('the door to the storages failed', { error }));
  return {
    async close() {
      listener.close();
      for (const socket of strangers) socket.destroy();
      await withinTime(Promise.all(guests), PATIENCE_MILLISECONDS);
      await Promise.all([...served].map((connection) => connection.end()));
    },
  };
}

/**
 * The storage of an account behind a door. Rejects where the process there does not give it, or `signal` aborts before
 * it has.
 */
export async function enterStorageDoor(
  path: string,
  account: string,
  signal?: AbortSignal,
): Promise<RemoteBackend> {
  signal?.throwIfAborted();
  const socket = connect(path);
  const leave = (): void => void socket.destroy();
  signal?.addEventListener('abort', leave);
  socket.write(`${account}\n`);
  try {
    return await connectBackend(new SocketChannel(socket));
  } finally {
    signal?.removeEventListener('abort', leave);
  }
}

/** Serves one guest to its end. */
async function serve(
  socket: Socket,
  name: string,
  { accounts, storages, log }: StorageDoorOptions,
  served: Set<Served>,
): Promise<void> {
  const account = accounts.find(name);
  if (account === undefined) throw new Error('there is no such account');
  const lease = await storages.lease(account);
  try {
    // It would never tell.
    if (socket.destroyed) return;
    const connection = serveBackend(lease.backend, new SocketChannel(socket), {
      onFailure: (error) => log.error('a storage failed', { storage: account.name, error }),
    });
    socket.resume();
    served.add(connection);
    // Where the storage is lost, its guests are told by the end of their connections, and open it again.
    void lease.backend.ended?.then(() => connection.end());
    await connection.ended;
    served.delete(connection);
  } finally {
    lease.release();
  }
}

/** Takes a line from a socket, pauses it, and puts back what came behind. Nothing: the other process has gone before. */
function firstLine(socket: Socket): Promise<string | undefined> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const gone = (): void => resolve(undefined);
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
