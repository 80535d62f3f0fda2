import { isCanonical, nameOf, parentOf, ROOT } from '../../vfs/path.ts';
import { HOME } from './client-path.ts';
import { DATA_MAX, OPEN_FLAG } from './protocol.ts';
import type { Request, RequestName, RequestOf } from './requests.ts';

/** How a request bears on the order of others. */
export interface Pace {
  /** Could it change what another request sees? */
  readonly changes: boolean;
  /**
   * `one`: all it asks of the mount is one call on an open file, made before the handler waits for anything.
   * `several`: more calls, or one on a path, which the mount's layers may turn into several.
   */
  readonly calls: 'one' | 'several';
  /** Nothing else may run on its handle: it ends it, or moves on in it. */
  readonly alone: boolean;
}

const GLANCE: Pace = { changes: false, calls: 'one', alone: false };
const TOUCH: Pace = { changes: true, calls: 'one', alone: false };
const LOOK: Pace = { changes: false, calls: 'several', alone: false };
const CHANGE: Pace = { changes: true, calls: 'several', alone: false };

const PACES: { readonly [K in RequestName]: Pace | ((request: RequestOf<K>) => Pace) } = {
  open: ({ flags }) => ((flags & (OPEN_FLAG.CREAT | OPEN_FLAG.TRUNC)) === 0 ? LOOK : CHANGE),
  close: { ...TOUCH, alone: true },
  read: GLANCE,
  write: TOUCH,
  lstat: LOOK,
  fstat: GLANCE,
  setstat: CHANGE,
  // The mount asks whose file it is first.
  fsetstat: CHANGE,
  opendir: LOOK,
  readdir: { ...LOOK, alone: true },
  remove: CHANGE,
  mkdir: CHANGE,
  rmdir: CHANGE,
  realpath: LOOK,
  stat: LOOK,
  rename: CHANGE,
  readlink: LOOK,
  symlink: CHANGE,
  'posix-rename': CHANGE,
  statvfs: LOOK,
  fstatvfs: GLANCE,
  hardlink: CHANGE,
  fsync: GLANCE,
  lsetstat: CHANGE,
  limits: GLANCE,
  'expand-path': LOOK,
  'copy-data': CHANGE,
  'home-directory': GLANCE,
  'users-groups-by-id': GLANCE,
};

export function paceOf(request: Request): Pace {
  // What TypeScript cannot see: the name of the request is that of its row.
  const pace = PACES[request.name] as Pace | ((request: Request) => Pace);
  return typeof pace === 'function' ? pace(request) : pace;
}

/** The one name that a request changes, in a directory that it changes no further. */
export interface Place {
  readonly directory: string;
  readonly name: string;
}

/** Requests that change one name, given by `path`. */
const ON_ONE_NAME: ReadonlySet<RequestName> = new Set(['open', 'mkdir', 'remove', 'rmdir', 'lsetstat']);
/**
 * Absent where more than one name is changed, or none that can be told from the request. Changes of different names in one directory
 * go the same way through the mount, each a step behind the one before it, so they may be under way together.
 */
export function placeOf(request: Request): Place | undefined {
  if (!ON_ONE_NAME.has(request.name) || !('path' in request)) return undefined;
  const path = request.path.startsWith('/') ? request.path : `${HOME}${request.path}`;
  // What a canonical path names can be told from its text, links aside.
  if (!isCanonical(path) || path === ROOT) return undefined;
  return { directory: parentOf(path), name: nameOf(path) };
}

/** The handle whose requests are answered in order with this one; absent: it is about names. */
export function handleOf(request: Request): string | undefined {
  if (request.name === 'copy-data') return request.to;
  return 'handle' in request ? request.handle : undefined;
}

/** Bytes of file content that the request holds in memory, or its answer will. */
export function payloadOf(request: Request): number {
  if (request.name === 'write') return request.bytes.length;
  return request.name === 'read' ? Math.min(request.length, DATA_MAX) : 0;
}
