import type { OpName } from '../backend.ts';
import { aBoolean, anId, checked, listOf, optional, shape } from '../checks.ts';
import { VfsError } from '../errors.ts';
import { extendContext, override, type Layer, type Next } from '../layer.ts';
import { actsOnHandle } from '../ops.ts';
import type { Identity } from './permissions/identity.ts';
import { onAttributes } from './permissions/on-attributes.ts';
import { onInodes } from './permissions/on-inodes.ts';
import { onNames } from './permissions/on-names.ts';
import { onOpen } from './permissions/on-open.ts';
import { onXattrs } from './permissions/on-xattrs.ts';
import { canonicalCall } from './shared/canonical-call.ts';
import { namingErrors } from './shared/naming-errors.ts';

export type { Identity } from './permissions/identity.ts';

const IDENTITY = shape({
  uid: anId,
  gid: anId,
  groups: optional(listOf(anId)),
  superuser: optional(aBoolean),
});

const ABOUT_THE_WHOLE: ReadonlySet<OpName> = new Set(['statfs', 'sync']);

/**
 * Binds calls to the mode bits as POSIX does for the identity, and makes it the owner of what it creates.
 *
 * Promises, each as Linux does it: search permission for every directory on the way, checked even where a path fails,
 * so that nothing is learnt past it; write and search for a directory whose names change, and the sticky bit; read and
 * write as an `open` asks; mode and times by the owner only; `chown` to nobody else, `chgrp` to own groups; hard links
 * to what is one's own or may be read and written; a directory with set-group-id gives its group. Listing needs read
 * and search, since entries come with attributes: with read alone it is `EACCES`. Set-user-id and set-group-id go with
 * a new group, when somebody else opens the file for writing (Linux: writes), or cuts it. An inode number is as good
 * as a path: it needs search permission above, and tells the name. What is open stays open whatever its mode becomes.
 * Extended attributes of `user.` are bound as content is; those of `trusted.` and `security.` are the superuser's.
 * A `superuser` is not bound, gives what it makes to its own uid and gid, and may store any owner.
 *
 * Stands below path resolution. Cost: one `resolve` a call on a path (`lstat` is nothing more than that), two for two
 * paths; an `fstat` for `open` and `fsetstat`; none for other calls on open files; nothing for a superuser.
 * Concurrency: stateless. An `open` answers the file that was checked, and makes one only where it may. Otherwise check
 * and act are two calls: who may rename directories on a path can swap them in between, so that a name is changed, or a
 * file cut by `truncate`, that the check did not see. Where identities do not trust each other, let no directory that
 * one of them may write hold what another's depends on, as with a sticky `/tmp`.
 */
export function permissions(identity: Identity): Layer {
  checked(identity, 'identity', IDENTITY);
  const owner = { uid: identity.uid, gid: identity.gid };
  if (identity.superuser === true) return extendContext((ctx) => ({ ...ctx, owner }));
  return (next) => {
    const handlers = {
      ...onOpen(identity, next),
      ...onNames(identity, next),
      ...onAttributes(identity, next),
      ...onXattrs(identity, next),
      ...onInodes(identity, next),
    };
    const checked = namingErrors(handlers, (call) => (call.op === 'resolve' ? call : canonicalCall(call)));
    return override(() => checked)(free(next));
  };
}

/** What needs no permission of its own. An operation that nobody thought of is refused. */
function free(next: Next): Next {
  return (call) =>
    actsOnHandle(call.op) || ABOUT_THE_WHOLE.has(call.op)
      ? next(call)
      : Promise.reject(new VfsError('ENOTSUP', { op: call.op }));
}
