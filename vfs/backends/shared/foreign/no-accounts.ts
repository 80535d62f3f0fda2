import type { CallContext } from '../../../backend.ts';
import { VfsError } from '../../../errors.ts';

/**
 * Throws `ENOTSUP` where a call that may take space comes with a limit on bytes or inodes. Others may use the same
 * files, so nobody can say what is used: a limit that cannot be kept exactly is refused, not ignored.
 */
export function checkRoomToCount({ limits }: CallContext): void {
  if (limits?.bytes === undefined && limits?.inodes === undefined) return;
  throw new VfsError('ENOTSUP', { detail: 'this storage keeps no limits on bytes and files' });
}
