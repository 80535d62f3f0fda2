import type { CallContext } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import type { Handlers, Next } from '../../layer.ts';
import { isInside, ROOT, type VfsPath } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import { inherited, requireAccess, requireAdding, requireLinking, requireRemoving } from './checks.ts';
import { WRITE, type Identity } from './identity.ts';
import { look, lookAt, type Found } from './look.ts';

/** `mkdir`, `symlink`, `rmdir`, `unlink`, `link`, `rename`: what changes a directory needs write permission for it. */
export function onNames(identity: Identity, next: Next): Handlers {
  /** The directory for a name that must be free. */
  const roomFor = async (path: VfsPath, ctx: CallContext): Promise<Stats> => {
    const { stats, directory } = await look(identity, next, path, ctx);
    if (stats !== undefined) throw new VfsError('EEXIST', { path });
    requireAdding(identity, directory);
    return directory;
  };
  const owning = (ctx: CallContext, gid: number): CallContext => ({
    ...ctx,
    owner: { uid: identity.uid, gid },
  });

  /** That the root stays is said below. */
  const requireRemovable = async (path: VfsPath, ctx: CallContext): Promise<void> => {
    const { stats, directory } = await lookAt(identity, next, path, ctx);
    if (path !== ROOT) requireRemoving(identity, directory, stats);
  };

  return {
    mkdir: async ({ args: [path, mode], ctx }) => {
      const made = inherited(identity, await roomFor(path, ctx), mode, 'directory');
      return next({ op: 'mkdir', args: [path, made.mode], ctx: owning(ctx, made.gid) });
    },
    symlink: async ({ args, ctx }) => {
      const { gid } = inherited(identity, await roomFor(args[1], ctx), 0, 'file');
      return next({ op: 'symlink', args, ctx: owning(ctx, gid) });
    },
    rmdir: async (call) => {
      await requireRemovable(call.args[0], call.ctx);
      return next(call);
    },
    unlink: async (call) => {
      await requireRemovable(call.args[0], call.ctx);
      return next(call);
    },
    link: async (call) => {
      const [from, to] = call.args;
      const source = await lookAt(identity, next, from, call.ctx);
      const target = await look(identity, next, to, call.ctx);
      if (target.stats !== undefined) throw new VfsError('EEXIST', { path: to });
      requireLinking(identity, source.stats);
      requireAdding(identity, target.directory);
      return next(call);
    },
    rename: async (call) => {
      const [from, to, { replace }] = call.args;
      const source = await look(identity, next, from, call.ctx);
      const target = await look(identity, next, to, call.ctx);
      if (source.stats === undefined) throw new VfsError('ENOENT', { path: from });
      // That the root stays is said below.
      if (from === ROOT || to === ROOT) return next(call);
      if (target.stats !== undefined && !replace) throw new VfsError('EEXIST', { path: to });
      // Two names of one inode: nothing happens, whatever is permitted.
      if (target.stats?.inode === source.stats.inode) return undefined;
      // One inside the other can never be; what is wrong with it is said below, too.
      const isNested = isInside(to, from) || isInside(from, to);
      if (!isNested) requireMoving(identity, source.stats, source.directory, target);
      return next(call);
    },
  };
}

function requireMoving(identity: Identity, thing: Stats, directory: Stats, target: Found): void {
  requireRemoving(identity, directory, thing);
  if (target.stats === undefined) requireAdding(identity, target.directory);
  else requireReplacing(identity, thing, target.stats, target.directory);
  // A directory that gets another parent has its `..` changed, which is in itself.
  const changesParent = thing.type === 'directory' && directory.inode !== target.directory.inode;
  if (changesParent) requireAccess(identity, thing, WRITE);
}

function requireReplacing(identity: Identity, thing: Stats, replaced: Stats, directory: Stats): void {
  requireRemoving(identity, directory, replaced);
  const [moves, meets] = [thing.type === 'directory', replaced.type === 'directory'];
  if (moves !== meets) throw new VfsError(moves ? 'ENOTDIR' : 'EISDIR');
}
