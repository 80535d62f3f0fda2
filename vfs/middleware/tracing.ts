import type { OpName } from '../backend.ts';
import { aFunction, checked } from '../checks.ts';
import { isVfsError, type VfsErrorCode } from '../errors.ts';
import type { Call, Layer, OpResult } from '../layer.ts';
import { actsOnHandle, bytesMoved, pathsOf } from '../ops.ts';

/** What happened in one operation. */
export interface TraceEvent {
  readonly op: OpName;
  /** As the layer saw them: canonical below the resolving layer. Empty for operations on handles. */
  readonly paths: readonly string[];
  /** The open file that the call was about, or that `open` made. */
  readonly handle: number | undefined;
  /** Bytes of file content moved; 0 where the call failed. */
  readonly bytes: number;
  readonly milliseconds: number;
  readonly outcome: 'ok' | VfsErrorCode;
  readonly session: string | undefined;
}

/**
 * Tells `onEvent` of every operation, once it has ended.
 *
 * Promises: one event an operation, whatever its outcome; the call's result is never changed, and an exception of
 * `onEvent` is the caller's bug, not the operation's: it is swallowed. Cost: two readings of the clock and one object.
 */
export function tracing(
  onEvent: (event: TraceEvent) => void,
  now: () => number = () => performance.now(),
): Layer {
  checked(onEvent, 'onEvent', aFunction);
  const report = (event: TraceEvent): void => {
    try {
      onEvent(event);
    } catch {
      // A broken listener must not turn a finished operation into a failed one.
    }
  };
  return (next) => async (call) => {
    const begun = now();
    try {
      const result = await next(call);
      report(eventOf(call, now() - begun, 'ok', bytesMoved(call, result), result));
      return result;
    } catch (error) {
      report(eventOf(call, now() - begun, isVfsError(error) ? error.code : 'EIO', 0, undefined));
      throw error;
    }
  };
}

function eventOf<K extends OpName>(
  call: Call<K>,
  milliseconds: number,
  outcome: TraceEvent['outcome'],
  bytes: number,
  result: OpResult<K> | undefined,
): TraceEvent {
  const opened = call.op === 'open' ? (result as number | undefined) : undefined;
  const handle = actsOnHandle(call.op) ? ((call.args as readonly unknown[])[0] as number) : opened;
  return {
    op: call.op,
    paths: pathsOf(call),
    handle,
    bytes,
    milliseconds,
    outcome,
    session: call.ctx.session,
  };
}
