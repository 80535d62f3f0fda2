import type { OpName } from '../../backend.ts';
import type { Call } from '../../layer.ts';
import { pathsOf, withPaths } from '../../ops.ts';
import { vfsPath } from '../../path.ts';

/**
 * The same call with its paths in the one form that policies compare. A policy that looks at names stands below path
 * resolution; above it a path with `.`, `..`, `//` or a trailing slash is refused here (`EINVAL`), not misread.
 */
export function canonicalCall<K extends OpName>(call: Call<K>): Call<K> {
  return withPaths(
    call,
    pathsOf(call).map((path) => vfsPath(path, call.op)),
  );
}
