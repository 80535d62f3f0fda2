import type { Handle } from '../backend.ts';
import { isVfsError, type VfsError } from '../errors.ts';
import { override, type Call, type Layer, type Next } from '../layer.ts';
import { renameKeepingTarget } from './shared/keep-target.ts';
import { refusal } from './shared/refuse.ts';

const DETAIL = 'overwriting is not allowed here';

/**
 * What a file holds is written once: through the handle that made the file, until that is closed. Afterwards nothing
 * changes its content or its size, and no `rename` replaces it. Attributes can change, names can go: `denyDelete`.
 *
 * Promises: the store itself decides what is new, since opening for writing is always `exclusive` below this layer; so
 * no race turns an existing file into a new one. Cost: one test a call, a set of the handles that may write.
 * Concurrency: that set belongs to one stack; handles that were opened elsewhere cannot write here (`EBADF`).
 */
export function denyOverwrite(): Layer {
  return override((next) => {
    const writable = new Set<Handle>();
    /** Calls go on at once, so that they keep their order. */
    const mayWrite = <K extends 'write' | 'copyRange' | 'fsetstat'>(call: Call<K>, to: Handle) =>
      writable.has(to)
        ? next(call)
        : Promise.reject(refusal(call, 'EBADF', 'the file was not made by this handle'));
    return {
      open: async (call) => {
        if (call.args[1].access === 'r') return next(call);
        const handle = await openNew(next, call);
        writable.add(handle);
        return handle;
      },
      close: (call) => {
        writable.delete(call.args[0]);
        return next(call);
      },
      write: (call) => mayWrite(call, call.args[0]),
      copyRange: (call) => mayWrite(call, call.args[3]),
      fsetstat: (call) => (call.args[1].size === undefined ? next(call) : mayWrite(call, call.args[0])),
      setstat: (call) =>
        call.args[1].size === undefined ? next(call) : Promise.reject(refusal(call, 'EPERM', DETAIL)),
      rename: (call) => renameKeepingTarget(next, call, DETAIL),
    };
  });
}

/** Opens a file for writing that was not there before. */
async function openNew(next: Next, call: Call<'open'>): Promise<Handle> {
  const [path, flags, mode] = call.args;
  if (flags.create === undefined) throw await whyNot(next, call);
  try {
    return await next({ ...call, args: [path, { ...flags, create: 'exclusive' }, mode] });
  } catch (error) {
    const exists = isVfsError(error, 'EEXIST') && flags.create !== 'exclusive';
    throw exists ? await whyNot(next, call) : error;
  }
}

/** What to answer where there is something already, as `open` does: path resolution needs to know of a symlink. */
async function whyNot(next: Next, call: Call<'open'>): Promise<VfsError> {
  const [path] = call.args;
  const { type } = await next({ op: 'lstat', args: [path], ctx: call.ctx });
  if (type === 'symlink') return refusal(call, 'ELOOP');
  return type === 'directory' ? refusal(call, 'EISDIR') : refusal(call, 'EPERM', DETAIL);
}
