import type { Handle, OpName } from '../backend.ts';
import { isVfsError } from '../errors.ts';
import { override, type AnyCall, type Call, type Layer, type Next, type OpResult } from '../layer.ts';
import { actsOnHandle, bytesMoved, mutates, pathMadeBy, pathsOf, trafficOf } from '../ops.ts';
import { isInside, type VfsPath } from '../path.ts';

/** What has become of a path: it came or went (`rename`), or its content or attributes changed. */
export interface Change {
  readonly type: 'rename' | 'change';
  readonly path: VfsPath;
}

export type ChangeListener = (change: Change) => void;

/** Tells of what changes through the stacks that its layer is part of. */
export interface ChangeFeed {
  /** Stands below path resolution: paths are told as it sees them. */
  readonly layer: Layer;
  /** Tells the listener of every change from now on. Answers what ends that. */
  subscribe(listener: ChangeListener): () => void;
}

/** Operations on a path that change what it names; the others that change something make and remove names. */
const ON_ATTRIBUTES: ReadonlySet<OpName> = new Set(['setstat', 'setxattr', 'removexattr']);
/** Others that keep making and removing a file under an `open` make it start over this often. */
const ATTEMPTS = 8;

/**
 * A layer that tells what has changed, for `watch` and whoever else wants to know.
 *
 * Promises: a change that has succeeded is told once, after it, by the path that its call named; one of an open file by
 * the path that it was opened by, or that a `rename` through this layer gave it since. Open files that have lost their
 * name are not told of, nor is what others do to the same store on other stacks. A listener that throws is passed over.
 * Cost: a map of open files; while somebody listens, an `open` that may make a file is two calls where it does.
 * Concurrency: changes are told in the order in which they ended. One feed is for stacks over one backend.
 */
export function changeFeed(): ChangeFeed {
  const listeners = new Set<ChangeListener>();
  const files = new Map<Handle, VfsPath>();

  const tell = (change: Change): void => {
    for (const listener of listeners) {
      try {
        listener(change);
      } catch {
        // A broken listener must not turn a finished operation into a failed one.
      }
    }
  };

  async function told<K extends OpName>(next: Next, call: Call<K>): Promise<OpResult<K>> {
    const file = actsOnHandle(call.op) ? files.get(handleChangedBy(call)) : undefined;
    const result = await next(call);
    followNames(files, call as unknown as AnyCall);
    if (listeners.size > 0) changesBy(call, result, file).forEach(tell);
    return result;
  }

  async function opened(next: Next, call: Call<'open'>): Promise<Handle> {
    const [path] = call.args;
    const { handle, change } = await (listeners.size > 0 ? openKnowing(next, call) : openAsIs(next, call));
    files.set(handle, path);
    if (change !== undefined) tell({ type: change, path });
    return handle;
  }

  const through = <K extends OpName>(next: Next, call: Call<K>): Promise<OpResult<K>> =>
    mutates(call) || call.op === 'close' ? told(next, call) : next(call);

  return {
    layer: (next) => {
      const open = override(() => ({ open: (call) => opened(next, call) }));
      return open((call) => through(next, call));
    },
    subscribe(listener) {
      // A function of its own, so that who subscribes twice can let go once.
      const own: ChangeListener = (change) => listener(change);
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}

interface Opened {
  readonly handle: Handle;
  readonly change?: Change['type'] | undefined;
}

async function openAsIs(next: Next, call: Call<'open'>): Promise<Opened> {
  return { handle: await next(call) };
}

/** Opens a file and tells whether that made or emptied it: the store itself says what is new. */
async function openKnowing(next: Next, call: Call<'open'>): Promise<Opened> {
  const [path, flags, mode] = call.args;
  const ifThere = flags.truncate === true ? 'change' : undefined;
  if (flags.create !== 'if-missing') {
    return { handle: await next(call), change: flags.create === undefined ? ifThere : 'rename' };
  }
  // Reading alone, a directory is opened without `create` and refused with it.
  if (flags.access === 'r') return { handle: await next(call), change: 'rename' };
  const opening = (create: 'exclusive' | undefined): Promise<Handle> =>
    next({ ...call, args: [path, { ...flags, create }, mode] });
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      return { handle: await opening(undefined), change: ifThere };
    } catch (error) {
      if (!isVfsError(error, 'ENOENT')) throw error;
    }
    try {
      return { handle: await opening('exclusive'), change: 'rename' };
    } catch (error) {
      if (!isVfsError(error, 'EEXIST')) throw error;
    }
  }
  return { handle: await next(call), change: 'rename' };
}

function handleChangedBy<K extends OpName>({ op, args }: Call<K>): Handle {
  return (args as readonly unknown[])[op === 'copyRange' ? 3 : 0] as Handle;
}

/** Keeps the paths of open files true after a call that has succeeded. */
function followNames(files: Map<Handle, VfsPath>, call: AnyCall): void {
  if (call.op === 'close') files.delete(call.args[0]);
  if (call.op === 'unlink' || call.op === 'rmdir') forget(files, call.args[0]);
  if (call.op !== 'rename') return;
  const [from, to] = call.args;
  if (from === to) return;
  forget(files, to);
  for (const [handle, path] of files) {
    if (isInside(path, from)) files.set(handle, (to + path.slice(from.length)) as VfsPath);
  }
}

function forget(files: Map<Handle, VfsPath>, gone: VfsPath): void {
  for (const [handle, path] of files) if (path === gone) files.delete(handle);
}

function changesBy<K extends OpName>(
  call: Call<K>,
  result: OpResult<K>,
  file: VfsPath | undefined,
): Change[] {
  if (actsOnHandle(call.op)) {
    const isNothing = trafficOf(call.op)?.written === true && bytesMoved(call, result) === 0;
    return file === undefined || isNothing || !mutates(call) ? [] : [{ type: 'change', path: file }];
  }
  if (!mutates(call)) return [];
  const made = pathMadeBy(call);
  const paths = call.op === 'link' && made !== undefined ? [made] : pathsOf(call);
  const type = ON_ATTRIBUTES.has(call.op) ? 'change' : 'rename';
  return paths.map((path) => ({ type, path }));
}
