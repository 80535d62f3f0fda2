import type { OpName } from '../backend.ts';
import { isVfsError, VfsError } from '../errors.ts';

/** What Node calls the operations that it calls otherwise. */
const SYSCALLS: { readonly [K in OpName]?: string } = {
  readdir: 'scandir',
  resolve: 'realpath',
  copyRange: 'copyfile',
};

/** How an error names what failed. */
export interface Naming {
  /** Absent: the name of the operation that failed. */
  readonly syscall?: string | undefined;
  readonly path?: string | undefined;
  readonly dest?: string | undefined;
  /** What failed may lie below the path: its own path is said where it has one. */
  readonly isTree?: boolean | undefined;
  /** What the caller may end the call with. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Any thrown value as the `VfsError` that Node's function would give: with its name of the call, and the paths as the
 * caller wrote them. An aborted call fails with the signal's reason.
 */
export function storageError(thrown: unknown, naming: Naming): unknown {
  const { signal } = naming;
  if (signal?.aborted === true && (thrown === signal.reason || isVfsError(thrown, 'EINTR'))) {
    return signal.reason;
  }
  const error = isVfsError(thrown) ? thrown : new VfsError('EIO', { cause: thrown });
  const { code, op, detail, cause } = error;
  const path = naming.isTree === true ? (error.path ?? naming.path) : (naming.path ?? error.path);
  const syscall = naming.syscall ?? (op === undefined ? undefined : (SYSCALLS[op] ?? op));
  return new VfsError(code, { op, syscall, path, dest: naming.dest ?? error.dest, detail, cause });
}

/** Runs it, so that what it fails with is named. */
export async function naming<T>(names: Naming, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw storageError(error, names);
  }
}
