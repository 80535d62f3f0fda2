import type { CallContext, Handle } from '../../backend.ts';
import { isVfsError, VfsError } from '../../errors.ts';
import type { Handlers, Next } from '../../layer.ts';
import { checkName, join, type VfsPath } from '../../path.ts';
import { canonicalCall } from '../shared/canonical-call.ts';
import type { PathRules } from './rules.ts';
import { isVisible, requireAllowed, seen, verdictAt } from './sight.ts';

/**
 * Inode numbers: what they name is looked up as a path. Nobody named that path, so where it is denied, the answer is as
 * if there were no such inode. What has no path left is shown while it is open here, where `open` has checked it.
 */
export function onInodes(rules: PathRules, next: Next): Handlers {
  const open = new Set<Handle>();

  const visiblePath = async (inode: number, ctx: CallContext): Promise<VfsPath> => {
    const path = await next({ op: 'inodeToPath', args: [inode], ctx });
    const verdict = verdictAt(rules, path);
    if (verdict === 'allowed') return path;
    const { type } = await next({ op: 'statInode', args: [inode], ctx });
    if (!isVisible(verdict, type)) throw new VfsError('ESTALE');
    return path;
  };
  const isOpenHere = async (inode: number, ctx: CallContext): Promise<boolean> => {
    for (const handle of open) {
      const stats = await next({ op: 'fstat', args: [handle], ctx }).catch(() => undefined);
      if (stats?.inode === inode) return true;
    }
    return false;
  };

  return {
    open: async (given) => {
      const call = canonicalCall(given);
      requireAllowed(rules, call);
      const handle = await next(call);
      open.add(handle);
      return handle;
    },
    close: (call) => {
      open.delete(call.args[0]);
      return next(call);
    },
    lookup: async (call) => {
      const [parent, name] = call.args;
      const path = join(await visiblePath(parent, call.ctx), checkName(name, 'lookup'));
      return seen(rules, call, path, () => next(call));
    },
    statInode: async (call) => {
      const [inode] = call.args;
      try {
        await visiblePath(inode, call.ctx);
      } catch (error) {
        const isNameless = isVfsError(error, 'ESTALE') && (await isOpenHere(inode, call.ctx));
        if (!isNameless) throw error;
      }
      return next(call);
    },
    inodeToPath: ({ args: [inode], ctx }) => visiblePath(inode, ctx),
  };
}
