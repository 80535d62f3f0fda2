import { setTimeout as delay } from 'node:timers/promises';
import { workerDoor } from '../door-names.ts';
import { once } from '../once.ts';
import { enterStorageDoor } from '../storage-door.ts';
import type { OpenStorage, Storages } from '../storages.ts';
import type { Parent } from './parent.ts';
import { reopening, type Reach } from './reopening.ts';

/** The storage is not where it was a moment ago: its owner has died or closed it, or another process has it now. */
class StorageMoved extends Error {
  override readonly name = 'StorageMoved';
}

/** Opens a storage only as its one owner, which this process is until it is closed or lost. */
export function openerOfOwned(number: number, parent: Parent, open: OpenStorage): OpenStorage {
  return async (owner) => {
    const { name } = owner;
    if ((await parent.ask('claim', name)) !== number) throw new StorageMoved(`${name} is open elsewhere`);
    // Once, since it may be claimed again right after.
    const release = once(() => parent.tell({ kind: 'released', storage: name }));
    try {
      const backend = await open(owner);
      const dispose = backend.dispose.bind(backend);
      void backend.ended?.then(release);
      return Object.assign(backend, { dispose: () => dispose().finally(release) });
    } catch (error) {
      release();
      throw error;
    }
  };
}

/** Once it has moved, it seldom moves again. */
const ATTEMPTS = 5;
const PAUSE_MILLISECONDS = 20;

/**
 * Reaches a storage where it is; where it is nowhere, this process becomes its owner. The data directory must be this
 * process's working directory.
 */
export function openerOfReached(number: number, parent: Parent, owned: Storages): OpenStorage {
  return async (owner) => {
    const { name } = owner;
    const here = async (): Promise<Reach> => {
      const { backend, ...lease } = await owned.lease(owner);
      return { backend, close: async () => lease.release(), lost: backend.ended };
    };
    const elsewhere = async (holder: number): Promise<Reach> => {
      const backend = await enterStorageDoor(workerDoor(holder), name).catch((cause: unknown): never => {
        throw new StorageMoved(`${name} cannot be reached in worker ${holder}`, { cause });
      });
      return { backend, close: () => backend.dispose(), lost: backend.ended };
    };
    const reach = async (): Promise<Reach> => {
      const holder = await parent.ask('claim', name);
      return holder === number ? here() : elsewhere(holder);
    };
    return reopening(() => withAttempts(reach));
  };
}

async function withAttempts(reach: () => Promise<Reach>): Promise<Reach> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await reach();
    } catch (error) {
      if (!(error instanceof StorageMoved) || attempt === ATTEMPTS) throw error;
      await delay(PAUSE_MILLISECONDS * attempt);
    }
  }
}
