import type { OpName } from '../../../vfs/backend.ts';
import { VfsError } from '../../../vfs/errors.ts';
import { clientName, clientPath, HOME, type ClientName } from '../client-path.ts';
import type { Reply } from '../replies.ts';
import type { Requests } from '../requests.ts';
import { OK } from '../status.ts';
import type { Handler, HandlerContext } from './context.ts';

export const remove: Handler<'remove'> = async (context, request) => {
  const { mount, ctx } = context;
  const { path, slash } = clientName(request.path, 'unlink');
  if (slash) {
    const { type } = await mount.lstat(path, ctx);
    throw new VfsError(type === 'directory' ? 'EISDIR' : 'ENOTDIR', { op: 'unlink', path });
  }
  await mount.unlink(path, ctx);
  return OK;
};

/** Section 6.5: it is an error where the new name exists. */
export const rename: Handler<'rename'> = (context, request) => move(context, request, false);

export const posixRename: Handler<'posix-rename'> = (context, request) => move(context, request, true);

async function move(context: HandlerContext, paths: Requests['rename'], replace: boolean): Promise<Reply> {
  const { mount, ctx } = context;
  const [from, to] = [clientName(paths.from, 'rename'), clientName(paths.to, 'rename')];
  // As rename(2): these are no names of their own.
  if (from.last !== 'name' || to.last !== 'name')
    throw new VfsError('EBUSY', { op: 'rename', path: from.path });
  if (from.slash || to.slash) {
    const { type } = await mount.lstat(from.path, ctx);
    if (type !== 'directory') throw new VfsError('ENOTDIR', { op: 'rename', path: from.path });
  }
  await mount.rename(from.path, to.path, { replace }, ctx);
  return OK;
}

export const hardlink: Handler<'hardlink'> = async (context, { from, to }) => {
  const name = clientName(to, 'link');
  await refuseSlash(context, name, 'link');
  await context.mount.link(clientPath(from, 'link'), name.path, context.ctx);
  return OK;
};

/** The target is kept as it came: it need not exist, and is looked at when the link is followed. */
export const symlink: Handler<'symlink'> = async (context, { target, path }) => {
  const name = clientName(path, 'symlink');
  await refuseSlash(context, name, 'symlink');
  await context.mount.symlink(target, name.path, context.ctx);
  return OK;
};

/** What is to be made is no directory: `EEXIST` where the name is taken, else `ENOENT`, as the kernel says. */
async function refuseSlash(
  { mount, ctx }: HandlerContext,
  { path, slash }: ClientName,
  op: OpName,
): Promise<void> {
  if (!slash) return;
  await mount.lstat(path, ctx);
  throw new VfsError('EEXIST', { op, path });
}

export const readlink: Handler<'readlink'> = async ({ mount, ctx }, { path }) =>
  oneName(await mount.readlink(clientPath(path, 'readlink'), ctx));

export const realpath: Handler<'realpath'> = async (context, { path }) => canonicalName(context, path);

/** As OpenSSH's sftp_realpath: symlinks are walked, and the last component, without a slash after it, may be missing. */
export async function canonicalName({ mount, ctx }: HandlerContext, raw: string): Promise<Reply> {
  const { path, slash } = clientName(raw === '' ? HOME : raw, 'resolve');
  const found = await mount.resolve(path, 'follow', ctx);
  if (found.stats === undefined && slash) throw new VfsError('ENOENT', { op: 'resolve', path });
  return oneName(found.path);
}

/** A NAME of one entry: "a dummy attributes value" and the name again where a line of `ls` would stand (section 6.11). */
export function oneName(name: string): Reply {
  return { kind: 'names', entries: [{ name, longname: name }] };
}
