import type { OpName } from '../../backend.ts';
import { VfsError, type VfsErrorCode } from '../../errors.ts';
import type { AnyCall, Call, Layer } from '../../layer.ts';
import { pathsOf } from '../../ops.ts';

/** The error for a call that a policy refuses; it names the call's first path. */
export function refusal<K extends OpName>(call: Call<K>, code: VfsErrorCode, detail?: string): VfsError {
  return new VfsError(code, { op: call.op, path: pathsOf(call)[0], detail });
}

/** A layer that refuses the calls of which `refuses` is true and passes all others on. Stateless; one test a call. */
export function refuse(refuses: (call: AnyCall) => boolean, code: VfsErrorCode, detail?: string): Layer {
  return (next) => (call) =>
    // Which operation a call is of, the test asks itself.
    refuses(call as unknown as AnyCall) ? Promise.reject(refusal(call, code, detail)) : next(call);
}
