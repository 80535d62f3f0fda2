import type { Socket } from 'node:net';
import type { AccountDirectory } from '../auth/account.ts';
import { Connections } from '../connections.ts';
import { shareDataDirectory } from '../data-lock.ts';
import { workerDoor } from '../door-names.ts';
import type { Logger } from '../log.ts';
import { once } from '../once.ts';
import { prepareServices, sqliteStorages } from '../services.ts';
import type { Startup } from '../startups.ts';
import { openStorageDoor } from '../storage-door.ts';
import { Storages } from '../storages.ts';
import type { WorkerStart } from './messages.ts';
import type { Parent } from './parent.ts';
import { openerOfOwned, openerOfReached } from './reached-storages.ts';

export interface WorkerOptions {
  readonly start: WorkerStart;
  readonly parent: Parent;
  readonly accounts: AccountDirectory;
  readonly log: Logger;
}

export interface RunningWorker {
  /** Ends sessions and closes storages. Again: the same promise. */
  close(graceMs: number): Promise<void>;
}

/**
 * Serves the clients that the supervisor hands over. Storages are of two kinds: those that this process has, which
 * sessions of all processes share, and what its own sessions reach, here or in another process.
 */
export async function startWorker({ start, parent, accounts, log }: WorkerOptions): Promise<RunningWorker> {
  const { number, config, hostKeys } = start;
  const lock = shareDataDirectory(config.data);
  // All workers are there, and meet by the names of their doors: the path of a socket has no room for more.
  process.chdir(config.data);
  const files = sqliteStorages(config, log);
  const owned = new Storages({
    open: openerOfOwned(number, parent, files.open),
    end: files.end,
    idleMilliseconds: config.storageIdleSeconds * 1000,
    openMax: config.maxOpenStorages,
    log,
  });
  const door = await openStorageDoor({
    path: workerDoor(number),
    accounts,
    storages: owned,
    log,
    data: config.data,
  });
  const reached = new Storages({
    open: openerOfReached(number, parent, owned),
    idleMilliseconds: 0,
    openMax: Infinity,
    // Opening and closing are told where they happen.
    log: { ...log, debug: () => {} },
  });
  const evictions = new Map<string, () => void>();
  const services = await prepareServices(
    { config, accounts, hostKeys, log },
    {
      storages: reached,
      payloads: files.payloads,
      // Each connection brings its own.
      startups: { enter: () => ({ advance: () => {}, leave: () => {} }) },
      sessionsPerAccount: {
        take: async (name) =>
          (await parent.ask('place', name))
            ? once(() => parent.tell({ kind: 'left', account: name }))
            : undefined,
      },
      shellPlaces: {
        take: async (name) => {
          const answer = await parent.ask('shell', name);
          if (answer !== 'taken') return answer;
          return once(() => parent.tell({ kind: 'shell-left', account: name }));
        },
      },
      throttle: {
        wait: (address) => parent.ask('wait', address),
        failed: (address) => parent.tell({ kind: 'failed', address }),
      },
      verifications: 1,
    },
  );
  const connections = new Connections(services);
  const startupOf = (connection: string, evict: () => void): Startup => {
    evictions.set(connection, evict);
    return {
      advance: (stage) => parent.tell({ kind: 'advanced', connection, stage }),
      leave: once(() => {
        evictions.delete(connection);
        parent.tell({ kind: 'advanced', connection, stage: undefined });
      }),
    };
  };
  const take = async (connection: string, socket: Socket): Promise<void> => {
    const startups = { enter: (_address: string, evict: () => void) => startupOf(connection, evict) };
    await connections.take(connection, socket, { startups });
    parent.tell({ kind: 'ended', connection });
  };
  let closing: Promise<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    await connections.end(graceMs);
    await reached.dispose();
    // Sessions of other processes end in the same way now, and let go of what they reach here.
    await door.close();
    await owned.dispose();
    lock.release();
  };
  const running: RunningWorker = { close: (graceMs) => (closing ??= close(graceMs)) };
  parent.obey({
    connection: (connection, socket) => void take(connection, socket),
    evict: (connection) => evictions.get(connection)?.(),
    close: (graceMs) => void running.close(graceMs).finally(() => process.exit(0)),
  });
  parent.tell({ kind: 'ready' });
  return running;
}
