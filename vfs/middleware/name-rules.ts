import type { OpName } from '../backend.ts';
import { VfsError } from '../errors.ts';
import { compose, type Call, type Layer, type OpResult } from '../layer.ts';
import { byteLength } from '../names.ts';
import { pathMadeBy } from '../ops.ts';
import { NAME_MAX, nameOf, type VfsPath } from '../path.ts';
import { canonicalCall } from './shared/canonical-call.ts';
import { changeStatfs } from './shared/change-statfs.ts';
import { nameMatcher } from './shared/globs.ts';

/*
 * Layers about the names that things may be given: by `mkdir`, `symlink`, as the new name of `link` and `rename`, and
 * by an `open` that may create, whether or not the file is there. Names that exist already can be used and removed.
 * They stand below path resolution, so that it is the name in the end that counts. Stateless; one test of a name.
 */

/** New names must match one of the globs, else `EACCES`. A glob is for one name: no `/`. */
export function allowedNames(...globs: readonly string[]): Layer {
  return checkNewNames(nameMatcher(globs), 'EACCES', 'such a name is not allowed here');
}

/** New names must match none of the globs, else `EACCES`. A glob is for one name: no `/`. */
export function deniedNames(...globs: readonly string[]): Layer {
  const matches = nameMatcher(globs);
  return checkNewNames((name) => !matches(name), 'EACCES', 'such a name is not allowed here');
}

/** New names have at most so many bytes, else `ENAMETOOLONG`; `statfs` says so. From 1 to 255. */
export function maxNameLength(bytes: number): Layer {
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > NAME_MAX)
    throw new VfsError('EINVAL', { detail: `the length of names must be from 1 to ${NAME_MAX}` });
  return compose(
    checkNewNames((name) => byteLength(name) <= bytes, 'ENAMETOOLONG'),
    changeStatfs((stats) => ({ ...stats, nameMax: Math.min(stats.nameMax, bytes) })),
  );
}

function checkNewNames(
  allows: (name: string) => boolean,
  code: 'EACCES' | 'ENAMETOOLONG',
  detail?: string,
): Layer {
  return (next) => {
    const check = async <K extends OpName>(call: Call<K>): Promise<OpResult<K>> => {
      const canonical = canonicalCall(call);
      const path = pathMadeBy(canonical) as VfsPath;
      if (allows(nameOf(path))) return next(canonical);
      throw new VfsError(code, { op: call.op, path, detail });
    };
    return (call) => (pathMadeBy(call) === undefined ? next(call) : check(call));
  };
}
