import type { Limits } from '../backend.ts';
import { withContext, type Layer } from '../layer.ts';

/**
 * Puts ceilings on what is below: bytes stored, inodes, size of one file; where several apply, the tightest counts.
 *
 * Promises: exact, because the store checks them inside the transaction that would exceed them; never passed by a
 * byte, from however many sessions or processes. Shrinking a limit below what is used leaves reads and removals.
 * Cost: one small object a call. Needs a backend with the `limits` ability.
 */
export function quota(limits: Limits | (() => Limits)): Layer {
  const current = typeof limits === 'function' ? limits : () => limits;
  return (next) => (call) => next(withContext(call, { limits: tightest(call.ctx.limits, current()) }));
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
