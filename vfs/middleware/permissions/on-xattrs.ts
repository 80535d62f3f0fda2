import type { CallContext } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { Handlers, Next } from '../../layer.ts';
import type { VfsPath } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import { requireAccess } from './checks.ts';
import { isOwner, READ, STICKY, WRITE, type Identity } from './identity.ts';
import { lookAt } from './look.ts';

const USER = 'user.';
const TRUSTED = 'trusted.';
const SECURITY = 'security.';

/**
 * Extended attributes, as xattr(7) has them: those of `user.` are bound by the mode as content is, in a sticky directory
 * its owner's to change; `trusted.` is for the superuser, and not seen by others; `security.` is the superuser's to change.
 */
export function onXattrs(identity: Identity, next: Next): Handlers {
  const at = async (path: VfsPath, ctx: CallContext): Promise<Stats> =>
    (await lookAt(identity, next, path, ctx)).stats;

  const requireChange = async (path: VfsPath, name: string, ctx: CallContext): Promise<void> => {
    const stats = await at(path, ctx);
    if (name.startsWith(TRUSTED) || name.startsWith(SECURITY)) throw new VfsError('EPERM');
    const isSticky = stats.type === 'directory' && (stats.mode & STICKY) !== 0;
    if (name.startsWith(USER) && isSticky && !isOwner(identity, stats)) throw new VfsError('EPERM');
    requireAccess(identity, stats, WRITE);
  };

  return {
    getxattr: async (call) => {
      const [path, name] = call.args;
      const stats = await at(path, call.ctx);
      if (name.startsWith(TRUSTED)) throw new VfsError('ENODATA');
      if (!name.startsWith(SECURITY)) requireAccess(identity, stats, READ);
      return next(call);
    },
    setxattr: async (call) => {
      await requireChange(call.args[0], call.args[1], call.ctx);
      return next(call);
    },
    removexattr: async (call) => {
      await requireChange(call.args[0], call.args[1], call.ctx);
      return next(call);
    },
    listxattr: async (call) => {
      await at(call.args[0], call.ctx);
      return (await next(call)).filter((name) => !name.startsWith(TRUSTED));
    },
  };
}
