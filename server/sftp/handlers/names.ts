import { VfsError } from '../../../vfs/errors.ts';
import { clientPath, HOME } from '../client-path.ts';
import type { Reply } from '../replies.ts';
import { OK } from '../status.ts';
import type { Handler, HandlerContext } from './context.ts';

export const remove: Handler<'remove'> = async ({ mount, ctx }, { path }) => {
  await mount.unlink(clientPath(path, 'unlink'), ctx);
  return OK;
};

/** Section 6.5: it is an error where the new name exists. */
export const rename: Handler<'rename'> = async ({ mount, ctx }, { from, to }) => {
  await mount.rename(clientPath(from, 'rename'), clientPath(to, 'rename'), { replace: false }, ctx);
  return OK;
};

export const posixRename: Handler<'posixRename'> = async ({ mount, ctx }, { from, to }) => {
  await mount.rename(clientPath(from, 'rename'), clientPath(to, 'rename'), { replace: true }, ctx);
  return OK;
};

export const hardlink: Handler<'hardlink'> = async ({ mount, ctx }, { from, to }) => {
  await mount.link(clientPath(from, 'link'), clientPath(to, 'link'), ctx);
  return OK;
};

/** The target is kept as it came: it need not exist, and is looked at when the link is followed. */
export const symlink: Handler<'symlink'> = async ({ mount, ctx }, { target, path }) => {
  await mount.symlink(target, clientPath(path, 'symlink'), ctx);
  return OK;
};

export const readlink: Handler<'readlink'> = async ({ mount, ctx }, { path }) =>
  oneName(await mount.readlink(clientPath(path, 'readlink'), ctx));

export const realpath: Handler<'realpath'> = async (context, { path }) => canonicalName(context, path);

/** As OpenSSH's sftp_realpath: symlinks are walked, and the last component, without a slash after it, may be missing. */
export async function canonicalName({ mount, ctx }: HandlerContext, path: string): Promise<Reply> {
  const named = clientPath(path === '' ? HOME : path, 'resolve');
  const found = await mount.resolve(named, 'follow', ctx);
  if (found.stats === undefined && named.endsWith('/'))
    throw new VfsError('ENOENT', { op: 'resolve', path: named });
  return oneName(found.path);
}

/** A NAME of one entry: "a dummy attributes value" and the name again where a line of `ls` would stand (section 6.11). */
export function oneName(name: string): Reply {
  return { kind: 'names', entries: [{ name, longname: name }] };
}
