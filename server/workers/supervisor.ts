import type { Socket } from 'node:net';
import type { Config } from '../../config/schema.ts';
import { workerDoor } from '../door-names.ts';
import type { RunningServer } from '../listen.ts';
import { listenOn } from '../listeners.ts';
import type { Logger } from '../log.ts';
import { Ledger } from './ledger.ts';
import { WorkerSlot } from './worker-slot.ts';

export interface SupervisorOptions {
  readonly config: Config;
  /** Private keys as text. */
  readonly hostKeys: readonly string[];
  readonly log: Logger;
  /** The program of a worker. */
  readonly workerMain: URL;
}

/**
 * A server of several processes behind its ports. This one accepts clients, gives each to the worker that has fewest,
 * and keeps what must be counted together; the workers do the rest. Rejects, with nothing left behind, where a worker
 * or a port cannot be had.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<RunningServer> {
  const { config, log } = options;
  const ledger = new Ledger(config);
  const slots = Array.from(
    { length: config.workers },
    (_, index) => new WorkerSlot(index + 1, ledger, { ...options, config: partOf(config) }),
  );
  const closeWorkers = async (graceMs: number): Promise<void> => {
    await Promise.all(slots.map((slot) => slot.close(graceMs)));
  };
  const balancer = new Balancer(slots, ledger, config.maxStartups);
  try {
    await Promise.all(slots.map((slot) => slot.start()));
    const listeners = await listenOn(config.listen, (socket) => balancer.give(socket), log, { paused: true });
    let closing: Promise<void> | undefined;
    const close = async (graceMs: number): Promise<void> => {
      const stopped = listeners.stop();
      balancer.close();
      await closeWorkers(graceMs);
      await stopped;
    };
    return {
      addresses: listeners.addresses,
      storages: {
        get names() {
          return ledger.storages;
        },
        isHeld: (name) => ledger.ownerOf(name) !== undefined,
      },
      doorTo: (name) => {
        const owner = ledger.ownerOf(name);
        return owner === undefined ? undefined : workerDoor(owner);
      },
      get connectionCount() {
        return ledger.connections();
      },
      close: ({ graceMs = 0 } = {}) => (closing ??= close(graceMs)),
    };
  } catch (error) {
    await closeWorkers(0);
    throw error;
  }
}

/** What one worker may have of what is divided: storages that are open and idle cost memory, and reopening one costs a millisecond. */
function partOf(config: Config): Config {
  const { workers, maxOpenStorages, storageWorkers } = config;
  return {
    ...config,
    maxOpenStorages: Math.max(1, Math.floor(maxOpenStorages / workers)),
    storageWorkers: Math.ceil(storageWorkers / workers),
  };
}

/** Gives clients to workers. */
class Balancer {
  readonly #slots: readonly WorkerSlot[];
  readonly #ledger: Ledger;
  readonly #waitingMax: number;
  /** Clients that came while no worker was there. */
  readonly #waiting: Socket[] = [];
  #next = 1;
  #closed = false;

  constructor(slots: readonly WorkerSlot[], ledger: Ledger, waitingMax: number) {
    this.#slots = slots;
    this.#ledger = ledger;
    this.#waitingMax = waitingMax;
    for (const slot of slots) {
      slot.onReady = () => this.#giveWaiting();
      slot.onReturned = (socket) => this.give(socket);
    }
  }

  give(socket: Socket): void {
    // Until a worker has it; there it gets its own. One that comes back has this already.
    if (socket.listenerCount('error') === 0) socket.on('error', () => {});
    const slot = this.#leastBusy();
    if (slot === undefined) this.#wait(socket);
    else slot.give(socket, `c${this.#next++}`);
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  /** Of several, the first: who comes back finds the storage where it is still open, and a quiet server uses one process. */
  #leastBusy(): WorkerSlot | undefined {
    const busy = (slot: WorkerSlot): number => this.#ledger.connections(slot.number);
    const [least] = this.#slots.filter((slot) => slot.ready).sort((a, b) => busy(a) - busy(b));
    return least;
  }

  #wait(socket: Socket): void {
    if (this.#closed || this.#waiting.length >= this.#waitingMax) socket.destroy();
    else this.#waiting.push(socket);
  }

  #giveWaiting(): void {
    for (const socket of this.#waiting.splice(0)) this.give(socket);
  }
}
