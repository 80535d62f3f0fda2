import type { CallContext, Limits } from '../backend.ts';
import { checked, LIMITS } from '../checks.ts';
import { extendContext, type Layer } from '../layer.ts';

/**
 * Puts ceilings on what is below: bytes stored, inodes, size of one file; where several apply, the tightest counts.
 *
 * Promises: exact, because the store checks them inside the transaction that would exceed them; never passed by a
 * byte, from however many sessions or processes. Shrinking a limit below what is used leaves reads and removals.
 * Cost: one small object a call, and a context where limits are a function. Needs a backend with the `limits` ability.
 */
export function quota(limits: Limits | (() => Limits)): Layer {
  if (typeof limits !== 'function') {
    checked(limits, 'limits', LIMITS);
    return extendContext((ctx) => limited(ctx, limits));
  }
  return (next) => (call) => next({ op: call.op, args: call.args, ctx: limited(call.ctx, limits()) });
}

function limited(ctx: CallContext, limits: Limits): CallContext {
  return { ...ctx, limits: tightest(ctx.limits, limits) };
}

function tightest(a: Limits | undefined, b: Limits): Limits {
  if (a === undefined) return b;
  return {
    bytes: smaller(a.bytes, b.bytes),
    inodes: smaller(a.inodes, b.inodes),
    fileSize: smaller(a.fileSize, b.fileSize),
  };
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}
