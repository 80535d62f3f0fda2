import { isVfsError } from '../../errors.ts';
import type { Call, Next } from '../../layer.ts';
import { refusal } from './refuse.ts';

/**
 * A rename that never replaces what `to` names: `EPERM` instead. Decided inside the store, which is asked for
 * `replace: false`; so another name of the same inode counts as something that would be replaced.
 */
export async function renameKeepingTarget(next: Next, call: Call<'rename'>, detail: string): Promise<void> {
  const [from, to, { replace }] = call.args;
  if (!replace || from === to) return next(call);
  try {
    await next({ ...call, args: [from, to, { replace: false }] });
  } catch (error) {
    throw isVfsError(error, 'EEXIST') ? refusal(call, 'EPERM', detail) : error;
  }
}
