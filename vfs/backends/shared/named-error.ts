import type { OpName } from '../../backend.ts';
import { VfsError } from '../../errors.ts';

/** Any thrown value as a `VfsError` that says operation and path; `EIO` for what was none. */
export function namedError(thrown: unknown, op: OpName, asked?: string): VfsError {
  // What came in place of a path may be anything, and need not even be text.
  const path = typeof asked === 'string' ? asked : undefined;
  if (!(thrown instanceof VfsError)) return new VfsError('EIO', { op, path, cause: thrown });
  const complete = thrown.op !== undefined && (thrown.path !== undefined || path === undefined);
  if (complete) return thrown;
  const { code, detail, cause } = thrown;
  return new VfsError(code, { op: thrown.op ?? op, path: thrown.path ?? path, detail, cause });
}
