import type { OpName } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { Call, Handlers } from '../../layer.ts';
import { pathsOf } from '../../ops.ts';

/**
 * The same handlers, whose errors name the operation that was asked for, whatever they asked for themselves. `given`: how a handler
 * is given its call.
 */
export function namingErrors(handlers: Handlers, given = (call: Call): Call => call): Handlers {
  const named = Object.entries(handlers).map(([op, handler]) => [op, naming(handler as Handler, given)]);
  // The names are those of the handlers given, and each answers what it answered before.
  return Object.fromEntries(named) as Handlers;
}

type Handler = (call: Call) => Promise<unknown>;

function naming(handler: Handler, given: (call: Call) => Call): Handler {
  return async (call) => {
    try {
      return await handler(given(call));
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
