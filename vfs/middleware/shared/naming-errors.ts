import type { OpName } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { Call, Handlers } from '../../layer.ts';
import { pathsOf } from '../../ops.ts';

/** The same handlers, whose errors name the operation that was asked for, whatever they asked for themselves. */
export function namingErrors(handlers: Handlers): Handlers {
  const named = Object.entries(handlers).map(([op, handler]) => [op, naming(handler as Handler)]);
  // The names are those of the handlers given, and each answers what it answered before.
  return Object.fromEntries(named) as Handlers;
}

type Handler = (call: Call) => Promise<unknown>;

function naming(handler: Handler): Handler {
  return async (call) => {
    try {
      return await handler(call);
    } catch (error) {
      throw asErrorOf(call, error);
    }
  };
}

/** The error, naming the operation of the call. */
export function asErrorOf<K extends OpName>(call: Call<K>, error: unknown): unknown {
  if (!(error instanceof VfsError)) return error;
  const path = error.path ?? pathsOf(call)[0];
  if (error.op === call.op && error.path === path) return error;
  return new VfsError(error.code, { op: call.op, path, detail: error.detail, cause: error.cause });
}
