import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import {
  connectBackend,
  serveBackend,
  SocketChannel,
  type RemoteBackend,
  type Served,
} from '../vfs/backends/remote/index.ts';
import { toVfsError, VfsError } from '../vfs/errors.ts';
import type { AccountDirectory } from './auth/account.ts';
import type { Logger } from './log.ts';
import { listenPrivately } from './private-socket.ts';
import type { OpenedBackend, Storages } from './storages.ts';
import { withinTime } from './within-time.ts';

export interface StorageDoorOptions {
  /** Of the socket; nobody else may listen there. */
  readonly path: string;
  readonly accounts: Pick<AccountDirectory, 'find'>;
  /** Those that this process has. */
  readonly storages: Pick<Storages, 'lease'>;
  readonly log: Logger;
  /** Copies for those who ask for one lie there, each in a directory of its own. */
  readonly data: string;
}

/** Where other processes reach the storages of this one: workers for their sessions, and the command line. */
export interface StorageDoor {
  /** Waits until those who have a storage have gone, but not for long, and closes it. */
  close(): Promise<void>;
}

/** Behind the name of an account: a copy of its storage, instead of the storage itself. */
const COPY = ' copy';
/** A request, or the answer to one for a copy, and the end of its line. */
const REQUEST_BYTES_MAX = 256;
const NEWLINE = 0x0a;
/** Others that do not go by themselves in this time have to. */
const PATIENCE_MILLISECONDS = 5000;

/**
 * Listens on a Unix socket of mode 0600: the name of an account and a newline, and behind that the storage, as
 * docs/remote-protocol.md says. For a name with ` copy` behind it the storage's file is copied, and the answer is a line: an object with
 * the `file`, in the data directory, or the `error`. The copy is there until the connection ends.
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
    if (name === undefined) return;
    if (name.endsWith(COPY)) await copy(socket, name.slice(0, -COPY.length), options);
    else await serve(socket, name, options, served);
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

/** A copy of a storage's file, made by who has the storage. */
export interface StorageCopy {
  /** In the data directory. */
  readonly file: string;
  /** It is not needed any more. */
  readonly release: () => void;
}

/** A copy of the storage of an account behind a door, of one moment. Rejects as `enterStorageDoor` does. */
export async function copyThroughDoor(
  path: string,
  account: string,
  signal: AbortSignal,
): Promise<StorageCopy> {
  signal.throwIfAborted();
  const socket = connect(path);
  const leave = (): void => void socket.destroy();
  signal.addEventListener('abort', leave);
  socket.on('error', () => {});
  socket.write(`${account}${COPY}\n`);
  try {
    const answer = await firstLine(socket);
    signal.throwIfAborted();
    if (answer === undefined) throw new Error('the server made no copy');
    const { file, error } = JSON.parse(answer) as { readonly file?: string; readonly error?: string };
    if (file === undefined) throw new Error(error);
    return { file, release: leave };
  } catch (error) {
    leave();
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** Copies a storage for a guest who waits, and keeps the copy as long as the guest stays. */
async function copy(
  socket: Socket,
  name: string,
  { accounts, storages, data }: StorageDoorOptions,
): Promise<void> {
  const account = accounts.find(name);
  if (account === undefined) throw new Error('there is no such account');
  const left = new AbortController();
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve(left.abort())));
  socket.resume();
  const lease = await storages.lease(account);
  const directory = await mkdtemp(join(data, 'copy-'));
  try {
    const file = join(directory, 'storage.db');
    await makeCopy(lease.backend, file, left.signal);
    lease.release();
    socket.write(`${JSON.stringify({ file: relative(data, file) })}\n`);
    await gone;
  } catch (error) {
    socket.end(`${JSON.stringify({ error: toVfsError(error).detail })}\n`);
  } finally {
    lease.release();
    await rm(directory, { recursive: true, force: true });
  }
}

async function makeCopy(backend: OpenedBackend, file: string, signal: AbortSignal): Promise<void> {
  if (backend.copyTo === undefined) throw new VfsError('ENOTSUP', { detail: 'the storage is no file' });
  signal.throwIfAborted();
  await backend.copyTo(file, signal);
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
