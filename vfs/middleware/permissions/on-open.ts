import { openCase } from '../../backends/shared/open-case.ts';
import type { CallContext, Handle } from '../../backend.ts';
import { isVfsError, VfsError } from '../../errors.ts';
import { withContext, type Call, type Handlers, type Next } from '../../layer.ts';
import type { Stats } from '../../stats.ts';
import { inherited, requireAccess, requireAdding } from './checks.ts';
import { isOwner, READ, withoutSetId, WRITE, type Identity } from './identity.ts';
import { look } from './look.ts';

/** A name that keeps coming and going makes `open` look again so often. */
const ATTEMPTS = 8;

const WANTED = { r: READ, w: WRITE, rw: READ | WRITE } as const;

/**
 * Decides first whether it makes a file or opens one, and then asks the store for just that; and looks which file it
 * got. So a file that comes in between is not opened unchecked.
 */
export function onOpen(identity: Identity, next: Next): Handlers {
  return {
    open: async (call) => {
      const [path, flags] = call.args;
      for (let attempt = 1; ; attempt++) {
        const { stats, directory } = await look(identity, next, path, call.ctx);
        const isThere = openCase(flags, stats?.type) === 'open';
        try {
          return await (isThere
            ? openThere(identity, next, call, stats as Stats)
            : make(identity, next, call, directory));
        } catch (error) {
          if (attempt === ATTEMPTS || !cameInBetween(call, error)) throw error;
        }
      }
    },
  };
}

/** Another file has the name by now; or it has come or gone, which is no answer where `create` is `if-missing`. */
function cameInBetween({ args: [, flags] }: Call<'open'>, error: unknown): boolean {
  if (isVfsError(error, 'ESTALE')) return true;
  return flags.create === 'if-missing' && (isVfsError(error, 'EEXIST') || isVfsError(error, 'ENOENT'));
}

function make(identity: Identity, next: Next, call: Call<'open'>, directory: Stats): Promise<Handle> {
  const [path, flags, mode] = call.args;
  requireAdding(identity, directory);
  const made = inherited(identity, directory, mode, 'file');
  const { ctx } = withContext(call, { owner: { uid: identity.uid, gid: made.gid } });
  return next({ op: 'open', args: [path, { ...flags, create: 'exclusive' }, made.mode], ctx });
}

async function openThere(
  identity: Identity,
  next: Next,
  { args, ctx }: Call<'open'>,
  stats: Stats,
): Promise<Handle> {
  const [path, { access, truncate }, modeOfNew] = args;
  requireAccess(identity, stats, WANTED[access]);
  const handle = await next({ op: 'open', args: [path, { access, truncate }, modeOfNew], ctx });
  try {
    const { inode } = await next({ op: 'fstat', args: [handle], ctx });
    if (inode !== stats.inode) throw new VfsError('ESTALE');
    if (access !== 'r' && !isOwner(identity, stats)) await dropSetId(identity, next, handle, stats, ctx);
    return handle;
  } catch (error) {
    await next({ op: 'close', args: [handle], ctx });
    throw error;
  }
}

/** Content that somebody else may change must not act as the owner. Linux sees to it at the first write. */
async function dropSetId(
  identity: Identity,
  next: Next,
  handle: Handle,
  stats: Stats,
  ctx: CallContext,
): Promise<void> {
  const mode = withoutSetId(identity, stats);
  if (mode !== stats.mode) await next({ op: 'fsetstat', args: [handle, { mode }], ctx });
}
