import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { ListenAddress } from '../config/schema.ts';
import { createThrottle, type Throttle } from './auth/throttle.ts';
import type { ConnectionServices } from './connection.ts';
import { Connections } from './connections.ts';
import { SERVER_DOOR } from './door-names.ts';
import { createShellPlaces } from './exec/shell/places.ts';
import { createNamedLimit } from './limits.ts';
import { listenOn, type Listeners } from './listeners.ts';
import { fitsSocketPath } from './private-socket.ts';
import { prepareServices, sqliteStorages, type ServicesOptions } from './services.ts';
import { PayloadPool } from './sftp/payload-pool.ts';
import { Startups } from './startups.ts';
import { openStorageDoor, type StorageDoor } from './storage-door.ts';
import { Storages, type OpenStorage } from './storages.ts';

export interface ServerOptions extends ServicesOptions {
  /** Absent: each account's SQLite file in the data directory. */
  readonly openStorage?: OpenStorage | undefined;
  readonly throttle?: Throttle | undefined;
  /** Lets other processes of the same person reach the storages by DATA/storage.sock, mode 0600. Default: false. */
  readonly opensDoor?: boolean | undefined;
}

export interface RunningServer {
  /** Where it listens; the ports that the system chose where 0 was asked for. */
  readonly addresses: readonly ListenAddress[];
  readonly storages: Pick<Storages, 'names' | 'isHeld'>;
  /** The socket in the data directory behind which that storage is (storage-door.ts), where it is open and can be reached. */
  readonly doorTo: (storage: string) => string | undefined;
  /** Connections, logged in or not. */
  readonly connectionCount: number;
  /**
   * Takes no more connections, gives sessions `graceMs` (default 0) to end by themselves, ends them, and closes the
   * storages. Again: the same promise.
   */
  close(options?: { readonly graceMs?: number | undefined }): Promise<void>;
}

/** Starts to listen on every configured address; rejects, with nothing left behind, where one cannot be had. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, log, openStorage, throttle } = options;
  const { payloads, ...files } =
    openStorage === undefined
      ? sqliteStorages(config, log)
      : { open: openStorage, payloads: new PayloadPool() };
  const storages = new Storages({
    ...files,
    idleMilliseconds: config.storageIdleSeconds * 1000,
    openMax: config.maxOpenStorages,
    log,
  });
  const services = await prepareServices(options, {
    storages,
    payloads,
    startups: new Startups(config.maxStartups),
    sessionsPerAccount: createNamedLimit(config.sessionsPerAccount),
    throttle: throttle ?? createThrottle(),
    shellPlaces: createShellPlaces(config),
    verifications: VERIFICATIONS,
  });
  const connections = new Connections(services);
  let nextConnection = 1;
  const accept = (socket: Socket): void => void connections.take(`c${nextConnection++}`, socket);
  const door = await openDoor(options, storages);
  const listeners = await listenOn(config.listen, accept, log).catch(async (error: unknown) => {
    await door?.close();
    throw error;
  });
  let closing: Promise<void> | undefined;
  return {
    addresses: listeners.addresses,
    storages,
    doorTo: (name) => (door !== undefined && storages.isHeld(name) ? SERVER_DOOR : undefined),
    get connectionCount() {
      return connections.size;
    },
    close: ({ graceMs = 0 } = {}) =>
      (closing ??= closeAll(listeners, connections, { ...services, storages, door }, graceMs)),
  };
}

/** Each takes a thread and 19 MiB. */
const VERIFICATIONS = 2;

/** Only with a control socket does anybody find the door, and the names are of one length. */
async function openDoor(
  { config, accounts, log, opensDoor }: ServerOptions,
  storages: Storages,
): Promise<StorageDoor | undefined> {
  const path = join(config.data, SERVER_DOOR);
  if (opensDoor !== true || !fitsSocketPath(path)) return undefined;
  return openStorageDoor({ path, accounts, storages, log, data: config.data });
}

interface Held extends Pick<ConnectionServices, 'shells'> {
  readonly storages: Storages;
  readonly door: StorageDoor | undefined;
}

async function closeAll(
  listeners: Listeners,
  connections: Connections,
  { storages, shells, door }: Held,
  graceMs: number,
): Promise<void> {
  const stopped = listeners.stop();
  await connections.end(graceMs);
  await stopped;
  await shells.close();
  await door?.close();
  await storages.dispose();
}
