import type { CallContext } from '../../backend.ts';
import { isVfsError, VfsError } from '../../errors.ts';
import type { Handlers, Next } from '../../layer.ts';
import type { VfsPath } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import { requireAccess } from './checks.ts';
import { isOwner, SEARCH, type Identity } from './identity.ts';
import { lookAt } from './look.ts';

/** An inode that keeps being moved is looked for so often. */
const ATTEMPTS = 8;

/** A number is as good as a path: what it names must be reachable by the directories above it. */
export function onInodes(identity: Identity, next: Next): Handlers {
  const look = async (path: VfsPath, ctx: CallContext): Promise<Stats> =>
    (await lookAt(identity, next, path, ctx)).stats;

  /** Where the inode is, and what. `ESTALE` where it has no name. */
  const place = async (inode: number, ctx: CallContext): Promise<{ path: VfsPath; stats: Stats }> => {
    for (let attempt = 1; ; attempt++) {
      const path = await next({ op: 'inodeToPath', args: [inode], ctx });
      try {
        const stats = await look(path, ctx);
        if (stats.inode === inode) return { path, stats };
      } catch (error) {
        if (!isVfsError(error, 'ENOENT') && !isVfsError(error, 'ELOOP')) throw error;
      }
      if (attempt === ATTEMPTS) throw new VfsError('ESTALE');
    }
  };
  /** What is open and has no name any more is its owner's to look at. */
  const nameless = async (inode: number, ctx: CallContext): Promise<Stats> => {
    const stats = await next({ op: 'statInode', args: [inode], ctx });
    if (!isOwner(identity, stats)) throw new VfsError('EACCES');
    return stats;
  };

  return {
    lookup: async (call) => {
      const { stats } = await place(call.args[0], call.ctx);
      if (stats.type === 'directory') requireAccess(identity, stats, SEARCH);
      return next(call);
    },
    statInode: async ({ args: [inode], ctx }) => {
      try {
        return (await place(inode, ctx)).stats;
      } catch (error) {
        if (!isVfsError(error, 'ESTALE')) throw error;
        return nameless(inode, ctx);
      }
    },
    pathToInode: async ({ args: [path], ctx }) => (await look(path, ctx)).inode,
    inodeToPath: async ({ args: [inode], ctx }) => (await place(inode, ctx)).path,
  };
}
