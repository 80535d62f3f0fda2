import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { SqliteBackend } from '../vfs/backends/sqlite/index.ts';
import type { TraceEvent } from '../vfs/middleware/tracing.ts';
import type { AccountDirectory } from './auth/account.ts';
import { createFailureTimer } from './auth/failure-time.ts';
import { createPasswordVerifier } from './auth/password.ts';
import type { Throttle } from './auth/throttle.ts';
import type { ConnectionServices } from './connection.ts';
import type { ShellPlaces } from './exec/shell/places.ts';
import { ShellThreads } from './exec/shell/threads.ts';
import type { Logger } from './log.ts';
import { prepareIdentity } from './ssh/identity.ts';
import { PayloadPool, sharedMemory } from './sftp/payload-pool.ts';
import { TRANSPORT_LIMITS, type TransportLimits } from './ssh/transport.ts';
import { StorageWorkers } from './storage-workers/storage-workers.ts';
import type { OpenStorage, StoragesOptions } from './storages.ts';
import { VERSION } from './version.ts';

/** What a process that serves connections needs, whether it is the whole server or one of several workers. */
export interface ServicesOptions {
  readonly config: Config;
  readonly accounts: AccountDirectory;
  /** Private keys as text, PEM or OpenSSH's format. */
  readonly hostKeys: readonly string[];
  readonly log: Logger;
  /** Told of every operation of every session. */
  readonly onTrace?: ((event: TraceEvent) => void) | undefined;
  readonly transportLimits?: Partial<TransportLimits> | undefined;
}

/** What the whole server counts together: in one process as it is, in several by way of the supervisor. */
export interface SharedServices extends Pick<
  ConnectionServices,
  'startups' | 'sessionsPerAccount' | 'storages' | 'payloads'
> {
  readonly throttle: Throttle;
  readonly shellPlaces: ShellPlaces;
  /** Passwords verified at once in this process. */
  readonly verifications: number;
}

/** Brings together what all connections of a process share. */
export async function prepareServices(
  { config, accounts, hostKeys, log, onTrace, transportLimits }: ServicesOptions,
  { throttle, shellPlaces, verifications, ...shared }: SharedServices,
): Promise<ConnectionServices> {
  return {
    config,
    log,
    onTrace,
    identity: await prepareIdentity(hostKeys, `AnyFS_${VERSION}`),
    transportLimits: { ...TRANSPORT_LIMITS, ...transportLimits },
    login: {
      accounts,
      passwords: await createPasswordVerifier(verifications),
      throttle,
      failureTime: createFailureTimer(),
      attempts: config.authAttempts,
      banner: config.banner,
      now: Date.now,
    },
    shells: new ShellThreads({ ...config, places: shellPlaces }),
    ...shared,
  };
}

/** How storages are opened, and the memory for what sessions move to them and back. */
export interface StorageFiles extends Pick<StoragesOptions, 'open' | 'end'> {
  readonly payloads: PayloadPool;
}

/** DATA/storage/NAME.db, made at the first login; its root belongs to the account. In threads of their own where the settings say so. */
export function sqliteStorages({ data, durability, storageWorkers }: Config, log: Logger): StorageFiles {
  const directory = join(data, 'storage');
  const memory = storageWorkers > 0 ? sharedMemory() : undefined;
  const workers = storageWorkers > 0 ? new StorageWorkers(storageWorkers, log, memory) : undefined;
  const open: OpenStorage = async ({ name, uid, gid }) => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = join(directory, `${name}.db`);
    const options = { durability, owner: { uid, gid } };
    if (workers !== undefined) return workers.open({ name, file, options });
    return SqliteBackend.open(file, {
      ...options,
      onBackgroundError: (error) => log.error('a storage failed in the background', { storage: name, error }),
    });
  };
  const end = workers === undefined ? undefined : () => workers.terminate();
  return { open, end, payloads: new PayloadPool(memory) };
}
