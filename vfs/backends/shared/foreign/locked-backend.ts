import type { OpName, Resolution, VfsBackend, VfsOperations } from '../../../backend.ts';
import type { Capabilities } from '../../../capabilities.ts';
import { VfsError } from '../../../errors.ts';
import { backendOf, type Call, type Next, type OpArgs, type OpResult } from '../../../layer.ts';
import { pathsOf } from '../../../ops.ts';
import { resolveByCalls } from '../../../resolve.ts';
import { withCheckedPaths } from '../checked-paths.ts';
import { InFlight } from '../in-flight.ts';
import { namedError } from '../named-error.ts';
import { ReadWriteLock, type Hold } from '../read-write-lock.ts';

/** Operations that a store on another file system has no way to do. */
type Excluded =
  | 'lookup' | 'statInode' | 'pathToInode' | 'inodeToPath' | 'getxattr' | 'setxattr' | 'listxattr' | 'removexattr' | 'lock' | 'tryLock' | 'unlock'; // prettier-ignore

/** The operations as functions of a store. `resolve` is made of `lstat` and `readlink`. */
export type ForeignOperations<S> = {
  readonly [K in Exclude<OpName, Excluded | 'resolve'>]: (
    store: S,
    ...args: Parameters<VfsOperations[K]>
  ) => Promise<OpResult<K>>;
};

export interface LockedBackendOptions<S> {
  readonly store: S;
  readonly operations: ForeignOperations<S>;
  readonly capabilities: Capabilities;
  /** Turns what the file system below throws into a `VfsError`. */
  readonly toError: (thrown: unknown) => VfsError;
  /** Lets go of everything; no call is under way. */
  readonly letGo: () => Promise<void>;
}

/** How the names of the whole tree are held during an operation; absent: not at all. */
const HOLDS: { readonly [K in OpName]?: Hold | ((args: OpArgs<K>) => Hold) } = {
  open: ([, flags]) => (flags.create === undefined ? 'shared' : 'exclusive'),
  lstat: 'shared',
  setstat: 'shared',
  readdir: 'shared',
  readlink: 'shared',
  resolve: 'shared',
  mkdir: 'exclusive',
  rmdir: 'exclusive',
  unlink: 'exclusive',
  rename: 'exclusive',
  link: 'exclusive',
  symlink: 'exclusive',
};

/**
 * A store on a file system that others have made, as a backend. Operations take several steps there, so a lock on the
 * names of the tree makes each of them atomic with respect to all others on this backend.
 */
export function lockedBackend<S>(options: LockedBackendOptions<S>): VfsBackend {
  const { store, operations, capabilities, toError, letGo } = options;
  const names = new ReadWriteLock();
  const calls = new InFlight();
  let disposed: Promise<void> | undefined;

  /** Runs an operation while the caller holds the names. */
  const perform: Next = async <K extends OpName>(call: Call<K>): Promise<OpResult<K>> => {
    try {
      if (call.op === 'resolve') return (await resolve(call as unknown as Call<'resolve'>)) as OpResult<K>;
      return await operationOf(operations, call.op)(store, ...(call.args as readonly unknown[]), call.ctx);
    } catch (error) {
      throw toError(error);
    }
  };

  const resolve = ({ args: [path, last], ctx }: Call<'resolve'>): Promise<Resolution> =>
    resolveByCalls(perform, path, last, ctx);

  const run = <K extends OpName>(call: Call<K>): Promise<OpResult<K>> => {
    const hold = holdOf(call);
    return hold === undefined ? perform(call) : names.during(hold, call.ctx.signal, () => perform(call));
  };

  const next: Next = async (call) => {
    try {
      if (disposed !== undefined) throw new VfsError('EBADF', { detail: 'the storage is closed' });
      return await calls.during(async () => run(withCheckedPaths(call)));
    } catch (error) {
      throw namedError(error, call.op, pathsOf(call)[0]);
    }
  };

  const dispose = async (): Promise<void> => {
    await calls.idle();
    await letGo();
  };
  return backendOf(next, capabilities, () => (disposed ??= dispose()));
}

function holdOf<K extends OpName>({ op, args }: Call<K>): Hold | undefined {
  const hold: Hold | ((args: OpArgs<K>) => Hold) | undefined = HOLDS[op];
  return typeof hold === 'function' ? hold(args) : hold;
}

function operationOf<S, K extends OpName>(
  operations: ForeignOperations<S>,
  op: K,
): (store: S, ...args: readonly unknown[]) => Promise<OpResult<K>> {
  // The arguments of a call are those of the operation that it names.
  const known = operations as unknown as Partial<Record<OpName, () => Promise<never>>>;
  return known[op] ?? notSupported;
}

function notSupported(): Promise<never> {
  return Promise.reject(new VfsError('ENOTSUP'));
}
