import { checkAccountName } from '../../server/auth/account-name.ts';
import type { Account } from '../../server/auth/account.ts';
import type { VfsBackend } from '../../vfs/backend.ts';
import { SqliteBackend } from '../../vfs/backends/sqlite/index.ts';
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

/** Runs `work` on the storage of an account, as its only owner meanwhile. */
export async function withStorage<T>(
  args: Arguments,
  io: Io,
  work: (opened: OpenedStorage) => Promise<T>,
): Promise<T> {
  const paths = existingData(args, io);
  const backend = await openExclusively(paths, args.name);
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

/** Opens a storage that is there; throws `Failure` saying who has it where it is in use. */
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
