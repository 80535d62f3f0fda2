import { mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Config, ListenAddress } from '../config/schema.ts';
import { SqliteBackend } from '../vfs/backends/sqlite/index.ts';
import type { VfsBackend } from '../vfs/backend.ts';
import type { TraceEvent } from '../vfs/middleware/tracing.ts';
import type { AccountDirectory } from './auth/account.ts';
import { createFailureTimer } from './auth/failure-time.ts';
import { createPasswordVerifier } from './auth/password.ts';
import { createThrottle, type Throttle } from './auth/throttle.ts';
import { Connection, type ConnectionServices } from './connection.ts';
import { createNamedLimit } from './limits.ts';
import type { Logger } from './log.ts';
import { prepareIdentity } from './ssh/identity.ts';
import { PayloadPool } from './sftp/payload-pool.ts';
import { DISCONNECT } from './ssh/messages.ts';
import { TRANSPORT_LIMITS, type TransportLimits } from './ssh/transport.ts';
import { Startups } from './startups.ts';
import { Storages, type StorageOwner } from './storages.ts';
import { VERSION } from './version.ts';

export interface ServerOptions {
  readonly config: Config;
  readonly accounts: AccountDirectory;
  /** Private keys as text, PEM or OpenSSH's format. */
  readonly hostKeys: readonly string[];
  readonly log: Logger;
  /** Absent: each account's SQLite file in the data directory. */
  readonly openStorage?: ((owner: StorageOwner) => Promise<VfsBackend>) | undefined;
  /** Told of every operation of every session. */
  readonly onTrace?: ((event: TraceEvent) => void) | undefined;
  readonly throttle?: Throttle | undefined;
  readonly transportLimits?: Partial<TransportLimits> | undefined;
}

export interface RunningServer {
  /** Where it listens; the ports that the system chose where 0 was asked for. */
  readonly addresses: readonly ListenAddress[];
  readonly storages: Storages;
  /** Connections, logged in or not. */
  readonly connectionCount: number;
  /**
   * Takes no more connections, gives sessions `graceMs` (default 0) to end by themselves, ends them, and closes the
   * storages. Again: the same promise.
   */
  close(options?: { readonly graceMs?: number | undefined }): Promise<void>;
}

/** The system's queue of connections that wait to be accepted. */
const BACKLOG = 1024;

/** Starts to listen on every configured address; rejects, with nothing left behind, where one cannot be had. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const services = await prepareServices(options);
  const connections = new Set<Connection>();
  let nextConnection = 1;
  const accept = (socket: Socket): void => {
    try {
      const connection = new Connection(`c${nextConnection++}`, socket, services);
      connections.add(connection);
      void connection.done.then(() => connections.delete(connection));
    } catch (error) {
      options.log.error('a connection could not be taken on', { error });
      socket.on('error', () => {});
      socket.destroy();
    }
  };
  const listeners: Server[] = [];
  try {
    for (const address of options.config.listen) listeners.push(await listen(address, accept, options.log));
  } catch (error) {
    await Promise.all(listeners.map((listener) => stopListening(listener)));
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    addresses: listeners.map((listener) => boundAddress(listener)),
    storages: services.storages,
    get connectionCount() {
      return connections.size;
    },
    close: ({ graceMs = 0 } = {}) => (closing ??= closeAll(listeners, connections, services, graceMs)),
  };
}

async function prepareServices(options: ServerOptions): Promise<ConnectionServices> {
  const { config, accounts, log, onTrace } = options;
  return {
    config,
    log,
    onTrace,
    identity: await prepareIdentity(options.hostKeys, `AnyFS_${VERSION}`),
    transportLimits: { ...TRANSPORT_LIMITS, ...options.transportLimits },
    login: {
      accounts,
      passwords: await createPasswordVerifier(),
      throttle: options.throttle ?? createThrottle(),
      failureTime: createFailureTimer(),
      attempts: config.authAttempts,
      banner: config.banner,
      now: Date.now,
    },
    payloads: new PayloadPool(),
    startups: new Startups(config.maxStartups),
    sessionsPerAccount: createNamedLimit(config.sessionsPerAccount),
    storages: new Storages({
      open: options.openStorage ?? sqliteStorages(config, log),
      idleMilliseconds: config.storageIdleSeconds * 1000,
      openMax: config.maxOpenStorages,
      log,
    }),
  };
}

/** DATA/storage/NAME.db, made at the first login; its root belongs to the account. */
function sqliteStorages(
  { data, durability }: Config,
  log: Logger,
): (owner: StorageOwner) => Promise<VfsBackend> {
  const directory = join(data, 'storage');
  return async ({ name, uid, gid }) => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return SqliteBackend.open(join(directory, `${name}.db`), {
      durability,
      owner: { uid, gid },
      onBackgroundError: (error) => log.error('a storage failed in the background', { storage: name, error }),
    });
  };
}

function listen(
  { host, port }: ListenAddress,
  accept: (socket: Socket) => void,
  log: Logger,
): Promise<Server> {
  const listener = createServer(accept);
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen({ host, port, backlog: BACKLOG }, () => {
      listener.off('error', reject);
      // Out of file descriptors, for example: the listener goes on.
      listener.on('error', (error) => log.error('a connection could not be accepted', { error }));
      resolve(listener);
    });
  });
}

function boundAddress(listener: Server): ListenAddress {
  const { address, port } = listener.address() as AddressInfo;
  return { host: address, port };
}

function stopListening(listener: Server): Promise<void> {
  return new Promise((resolve) => listener.close(() => resolve()));
}

async function closeAll(
  listeners: readonly Server[],
  connections: ReadonlySet<Connection>,
  { storages }: ConnectionServices,
  graceMs: number,
): Promise<void> {
  const stopped = listeners.map((listener) => stopListening(listener));
  const ended = (): Promise<unknown> => Promise.all([...connections].map(({ done }) => done));
  const sayGoodbye = (connection: Connection): void =>
    connection.end(DISCONNECT.byApplication, 'The server is shutting down.');
  for (const connection of connections) if (!connection.loggedIn) sayGoodbye(connection);
  await withinTime(ended(), graceMs);
  for (const connection of connections) sayGoodbye(connection);
  await ended();
  await Promise.all(stopped);
  await storages.dispose();
}

/** Waits for the promise, but not longer than that. */
async function withinTime(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  if (milliseconds <= 0) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
