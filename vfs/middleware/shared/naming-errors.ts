import type { OpName } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { Call, Handlers } from '../../layer.ts';
import { pathsOf } from '../../ops.ts';

/** The same handlers, whose errors name the operation that was asked for, whatever they asked for themselves. */
export function namingErrors(handlers: Handlers): Handlers {
  const named = Object.entries(handlers).map(([op, handler]) => {
    const handle = handler as (call: Call) => Promise<unknown>;
    return [
      op,
      async (call: Call) => handle(call).catch((error: unknown) => Promise.reject(asErrorOf(call, error))),
    ];
  });
  // The names are those of the handlers given, and each handler answers what it answered before.
  return Object.fromEntries(named) as Handlers;
}

/** The error, naming the operation of the call. */
export function asErrorOf<K extends OpName>(call: Call<K>, error: unknown): unknown {
  if (!(error instanceof VfsError)) return error;
  const path = error.path ?? pathsOf(call)[0];
  if (error.op === call.op && error.path === path) return error;
  return new VfsError(error.code, { op: call.op, path, detail: error.detail, cause: error.cause });
}
