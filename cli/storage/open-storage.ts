import { join } from 'node:path';
import { checkAccountName } from '../../server/auth/account-name.ts';
import type { Account } from '../../server/auth/account.ts';
import { askServer } from '../../server/control-client.ts';
import { copyThroughDoor, enterStorageDoor, type StorageCopy } from '../../server/storage-door.ts';
import type { VfsBackend } from '../../vfs/backend.ts';
import { SqliteBackend } from '../../vfs/backends/sqlite/index.ts';
import { isVfsError } from '../../vfs/errors.ts';
import { stack, withContext, type Layer } from '../../vfs/layer.ts';
import { quota } from '../../vfs/middleware/quota.ts';
import { resolvePaths } from '../../vfs/middleware/resolve-paths.ts';
import { ROOT } from '../../vfs/path.ts';
import { existingData } from '../data-directory.ts';
import type { DataPaths } from '../data-paths.ts';
import type { Io } from '../io.ts';
import { findAccount } from './owner.ts';
import { explainUnavailable } from './unavailable.ts';

/** A storage as a command has it: paths as people write them, what it makes belongs to the account, within its quota. */
export interface OpenedStorage {
  readonly storage: VfsBackend;
  /** Absent where the storage is left from an account that is gone. */
  readonly account: Account | undefined;
  readonly paths: DataPaths;
}

interface Arguments {
  readonly data?: string | undefined;
  readonly name: string;
}

/** Runs `work` on the storage of an account: where the running server has it open, beside its sessions. */
export async function withStorage<T>(
  args: Arguments,
  io: Io,
  work: (opened: OpenedStorage) => Promise<T>,
): Promise<T> {
  const paths = existingData(args, io);
  const backend = await reachStorage(paths, args.name, io.signal);
  try {
    const account = findAccount(paths, args.name);
    const storage = stack(
      backend,
      resolvePaths(),
      await ownership(backend, account),
      quota(account?.limits ?? {}),
    );
    return await work({ storage, account, paths });
  } finally {
    await backend.dispose();
  }
}

/** A server that is asked again has opened it meanwhile, or has closed it. */
const ATTEMPTS = 2;

/** A storage that is there, through the running server where that has it open; throws as `openExclusively` does. */
export async function reachStorage(paths: DataPaths, name: string, signal: AbortSignal): Promise<VfsBackend> {
  checkAccountName(name);
  for (let attempt = 1; ; attempt++) {
    const held = await throughServer(paths, name, signal);
    if (held !== undefined) return held;
    try {
      return await SqliteBackend.open(paths.storage(name), { create: false });
    } catch (error) {
      if (attempt === ATTEMPTS || !isVfsError(error, 'EBUSY'))
        throw await explainUnavailable(error, paths, name);
    }
  }
}

/** A copy of a storage's file that the running server makes. Absent where it does not have the storage open; rejects where it cannot. */
export async function copyOfServer(
  { root }: DataPaths,
  name: string,
  signal: AbortSignal,
): Promise<StorageCopy | undefined> {
  const { door } = await askServer(root, { op: 'storage', name }).catch(() => ({ door: undefined }));
  if (door === undefined) return undefined;
  const { file, release } = await copyThroughDoor(join(root, door), name, signal);
  return { file: join(root, file), release };
}

/** Absent where no server has it open, or none gives it. */
async function throughServer(
  { root }: DataPaths,
  name: string,
  signal: AbortSignal,
): Promise<VfsBackend | undefined> {
  try {
    const { door } = await askServer(root, { op: 'storage', name });
    return door === undefined ? undefined : await enterStorageDoor(join(root, door), name, signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Opens a storage that is there for this process alone; throws `Failure` saying who has it where it is in use. */
export async function openExclusively(paths: DataPaths, name: string): Promise<VfsBackend> {
  const file = paths.storage(checkAccountName(name));
  try {
    return await SqliteBackend.open(file, { create: false });
  } catch (error) {
    throw await explainUnavailable(error, paths, name);
  }
}

/** Without an account what is made belongs to the owner of the root directory. */
async function ownership(backend: VfsBackend, account: Account | undefined): Promise<Layer> {
  const { uid, gid } = account ?? (await backend.lstat(ROOT, {}));
  return (next) => (call) => next(withContext(call, { owner: { uid, gid } }));
}
