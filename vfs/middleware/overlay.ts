import type { OpName, VfsBackend } from '../backend.ts';
import type { Capabilities } from '../capabilities.ts';
import { aBackend, checked } from '../checks.ts';
import { isVfsError, VfsError } from '../errors.ts';
import { backendOf, type Call, type OpResult } from '../layer.ts';
import { withCheckedPaths } from '../backends/shared/index.ts';
import { pathsOf } from '../ops.ts';
import { Accounts, type Counting } from './overlay/accounts.ts';
import { perform } from './overlay/operations.ts';
import { saveTimes } from './overlay/shown-times.ts';
import { Store } from './overlay/store.ts';

/** The store of each overlay, for the functions that look at what has changed. */
const STORES = new WeakMap<VfsBackend, Store>();

/**
 * `upper` over `lower` as one storage: what is looked at comes from both, what is changed is changed in `upper`.
 * `lower` is never written.
 *
 * Promises: the contract, whatever is below. A file keeps its inode number, its other names and its open handles when it
 * is copied up. A directory is renamed without what is in it being copied, a file without its bytes; those are copied
 * when they first change. Removed names are whiteouts: hard links to a file that no name of a user leads to. Limits are
 * about the upper store; what came from the lower one counts once its bytes are copied, and never as an inode.
 * Numbers of inodes are those of `lower`; what is made is numbered from 2^52.
 *
 * Needs: an upper store with symlinks, hard links, limits and inodes, that nothing else uses, and a lower one that nobody
 * changes meanwhile, nor while the overlay is closed. `dispose` is for the upper store; the lower one is only lent.
 * Cost: a look in each store for a name; memory for each file and directory that was copied up; a listing is merged page by page.
 * Concurrency: changes of names run one at a time; reads and writes do not wait for them, nor for a large file that is copied.
 * Where the process ends between the calls of one change, a store that keeps the calls of a turn together (SQLite) has
 * all of it or nothing; another may show a removed name of the lower store again.
 */
export async function overlay(upper: VfsBackend, lower: VfsBackend): Promise<VfsBackend> {
  checked(upper, 'upper', aBackend);
  checked(lower, 'lower', aBackend);
  if (upper === lower) throw new VfsError('EINVAL', { detail: 'upper and lower must be two storages' });
  const store = await openStore(upper, lower, abilities(upper, lower), 'upper');
  let disposing: Promise<void> | undefined;
  const storage = backendOf(
    (call) => performNamed(store, call),
    store.capabilities,
    () => (disposing ??= dispose(store)),
  );
  STORES.set(storage, store);
  return storage;
}

const NEEDED = ['symlinks', 'hardLinks', 'inodes', 'limits'] as const;

/** Makes the upper store ready. `ENOTSUP` for one that lacks what an overlay needs. */
export async function openStore(
  upper: VfsBackend,
  lower: VfsBackend,
  capabilities: Capabilities,
  counting: Counting,
): Promise<Store> {
  const missing = NEEDED.filter((ability) => !upper.capabilities[ability]);
  if (missing.length > 0) {
    const detail = `the upper store of an overlay needs the abilities ${missing.join(', ')}`;
    throw new VfsError('ENOTSUP', { detail });
  }
  const store = new Store(upper, lower, capabilities, new Accounts(upper, lower, counting));
  await store.load();
  return store;
}

function abilities({ capabilities: upper }: VfsBackend, { capabilities: lower }: VfsBackend): Capabilities {
  return {
    ...upper,
    xattrs: upper.xattrs && lower.xattrs,
    locks: true,
    inodes: lower.inodes,
    // All looks of a walk are made at one moment.
    resolvesPaths: true,
    nanoseconds: upper.nanoseconds && lower.nanoseconds,
    persistent: upper.persistent && lower.persistent,
  };
}

/** Lets what is under way end first. */
function dispose(store: Store): Promise<void> {
  return store.changing({}, async () => {
    for (const { node } of store.handles.takeAll())
      if (node.lower !== undefined) await store.lower.close(node.lower, {}).catch(() => undefined);
    store.locks.releaseAll();
    await saveTimes(store);
    await store.upper.dispose();
  });
}

/** Errors say the operation and the path that was asked for, and nothing of where the stores keep it. */
export async function performNamed<K extends OpName>(store: Store, call: Call<K>): Promise<OpResult<K>> {
  try {
    return await perform(store, withCheckedPaths(call));
  } catch (error) {
    throw await named(store, call, error);
  }
}

const MAKES_INODES: ReadonlySet<OpName> = new Set(['open', 'mkdir', 'symlink']);

async function named(store: Store, call: Call, thrown: unknown): Promise<unknown> {
  const error = await store.accounts.explain(
    thrown,
    call.ctx,
    MAKES_INODES.has(call.op) ? 'inodes' : 'bytes',
  );
  if (!isVfsError(error)) return error;
  const asked: readonly (string | undefined)[] = pathsOf(call);
  const path = asked.includes(error.path) ? error.path : asked[0];
  return new VfsError(error.code, { op: call.op, path, detail: error.detail, cause: error.cause });
}

export function storeOf(storage: VfsBackend): Store {
  const store = STORES.get(storage);
  if (store === undefined) throw new VfsError('EINVAL', { detail: 'the storage is no overlay' });
  return store;
}
