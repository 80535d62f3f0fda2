import { checkChange } from '../../backends/shared/arguments.ts';
import type { CallContext } from '../../backend.ts';
import type { Handlers, Next } from '../../layer.ts';
import type { VfsPath } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import { permittedChange, requireAccess } from './checks.ts';
import { READ, SEARCH, WRITE, type Identity } from './identity.ts';
import { lookAt, resolvePermitted } from './look.ts';

/** `resolve`, `lstat`, `readlink`, `readdir`, `setstat` and `fsetstat`. */
export function onAttributes(identity: Identity, next: Next): Handlers {
  const at = async (path: VfsPath, ctx: CallContext): Promise<Stats> =>
    (await lookAt(identity, next, path, ctx)).stats;

  return {
    resolve: ({ args: [path, last], ctx }) => resolvePermitted(identity, next, path, last, ctx),
    lstat: ({ args: [path], ctx }) => at(path, ctx),
    readlink: async (call) => {
      await at(call.args[0], call.ctx);
      return next(call);
    },
    readdir: async (call) => {
      const stats = await at(call.args[0], call.ctx);
      // The entries come with their attributes, which are not for somebody who may not search.
      if (stats.type === 'directory') requireAccess(identity, stats, READ | SEARCH);
      return next(call);
    },
    setstat: async ({ args: [path, change], ctx }) => {
      const checked = checkChange(change);
      const stats = await at(path, ctx);
      // What has no size, the store refuses to give one.
      if (checked.size !== undefined && stats.type === 'file') requireAccess(identity, stats, WRITE);
      return next({ op: 'setstat', args: [path, permittedChange(identity, stats, checked)], ctx });
    },
    fsetstat: async ({ args: [handle, change], ctx }) => {
      const checked = checkChange(change);
      const stats = await next({ op: 'fstat', args: [handle], ctx });
      return next({ op: 'fsetstat', args: [handle, permittedChange(identity, stats, checked)], ctx });
    },
  };
}
