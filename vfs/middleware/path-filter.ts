import type { OpName } from '../backend.ts';
import { VfsError } from '../errors.ts';
import { override, withCapabilities, type Call, type Layer, type Next, type OpResult } from '../layer.ts';
import { actsOnHandle, pathsOf } from '../ops.ts';
import { onInodes } from './path-filter/on-inodes.ts';
import { onNames } from './path-filter/on-names.ts';
import { allowsEverything, compilePathRules, type PathRule, type PathRules } from './path-filter/rules.ts';
import { requireAllowed } from './path-filter/sight.ts';
import { canonicalCall } from './shared/canonical-call.ts';
import { namingErrors } from './shared/naming-errors.ts';

export type { PathRule } from './path-filter/rules.ts';

/** Operations that name nothing. */
const ABOUT_THE_WHOLE: ReadonlySet<OpName> = new Set(['statfs', 'sync']);

/**
 * Shows a part of a storage. Rules are asked in their order, and the first that is about a path decides; a rule is
 * about what its glob matches and all below that. With any `allow` rule, a path that no rule is about is denied.
 * Globs are minimatch's: `/a/*.txt` for whole paths, `*.key` (no `/` first) for a path below any directory; `*` takes
 * names with a dot too, `/a/**` is all in `/a` without `/a` itself, `/a` is `/a` and all in it.
 *
 * Promises: a denied path is `EACCES` when it is named, whether or not it exists, and absent from listings. A directory
 * on the way to what may be allowed can be looked at, passed through and listed with what may be seen in it, not
 * changed or opened; anything else in its place is `EACCES`. `rename` goes on only where the rules say the same of
 * all that could be below both paths, by their texts alone, so that nothing inside changes hands; `EACCES` otherwise.
 * Stands below path resolution, so no symlink leads past it; `resolve` walks by calls where there are symlinks, and
 * tells nothing of a denied place. Inode numbers of what is denied are `ESTALE`.
 * Not hidden: that a visible directory is not empty (`ENOTEMPTY`), its link count and times, and the use of space.
 * Another name (hard link) of a file is another path: it is names that are denied, not files.
 *
 * Cost: one step of each rule for each name of a path, for the last name alone in a directory that is known (256 are);
 * none for open files; a listing is filtered and filled up. Concurrency: nothing to race for but which files are open;
 * they are checked when they are opened, and go on after renames.
 */
export function pathFilter(rules: readonly PathRule[]): Layer {
  const compiled = compilePathRules(rules);
  if (allowsEverything(compiled)) return (next) => next;
  return withCapabilities(
    (next) => filter(compiled, next),
    (below) => ({ ...below, resolvesPaths: false }),
  );
}

function filter(rules: PathRules, next: Next): Next {
  const filtered: Next = override(() =>
    namingErrors({ ...onNames(rules, next, (call) => filtered(call)), ...onInodes(rules, next) }),
  )(onlyAllowed(rules, next));
  return filtered;
}

/** Every operation that is not told apart: what it names must be allowed. One that nobody thought of is refused. */
function onlyAllowed(rules: PathRules, next: Next): Next {
  const check = async <K extends OpName>(given: Call<K>): Promise<OpResult<K>> => {
    const call = canonicalCall(given);
    if (pathsOf(call).length === 0) throw new VfsError('ENOTSUP', { op: call.op });
    requireAllowed(rules, call);
    return next(call);
  };
  return (call) => (actsOnHandle(call.op) || ABOUT_THE_WHOLE.has(call.op) ? next(call) : check(call));
}
