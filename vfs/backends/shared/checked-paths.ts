import type { OpName } from '../../backend.ts';
import type { Call } from '../../layer.ts';
import { pathsOf, withPaths } from '../../ops.ts';
import { unresolved, vfsPath } from '../../path.ts';

/** The same call with its paths in the one form that is compared. `EINVAL` for a path that is not canonical. */
export function withCheckedPaths<K extends OpName>(call: Call<K>): Call<K> {
  const paths = pathsOf(call);
  if (paths.length === 0) return call;
  const check = call.op === 'resolve' ? unresolved : vfsPath;
  return withPaths(
    call,
    paths.map((path) => check(path, call.op)),
  );
}
