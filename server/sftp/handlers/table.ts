import { VfsError } from '../../../vfs/errors.ts';
import type { Reply } from '../replies.ts';
import type { Request, RequestName } from '../requests.ts';
import { fstat, fsetstat, lsetstat, lstat, setstat, stat } from './attributes.ts';
import type { Handler, HandlerContext } from './context.ts';
import { copyData } from './copy-data.ts';
import { mkdir, opendir, readdir, rmdir } from './directories.ts';
import { expandPath, fstatvfs, homeDirectory, limits, statvfs, usersGroupsById } from './extensions.ts';
import { close, fsync, open, read, write } from './files.ts';
import { hardlink, posixRename, readlink, realpath, remove, rename, symlink } from './names.ts';

const HANDLERS: { readonly [K in RequestName]: Handler<K> } = {
  open,
  close,
  read,
  write,
  lstat,
  fstat,
  setstat,
  fsetstat,
  opendir,
  readdir,
  remove,
  mkdir,
  rmdir,
  realpath,
  stat,
  rename,
  readlink,
  symlink,
  'posix-rename': posixRename,
  statvfs,
  fstatvfs,
  hardlink,
  fsync,
  lsetstat,
  limits,
  'expand-path': expandPath,
  'copy-data': copyData,
  'home-directory': homeDirectory,
  'users-groups-by-id': usersGroupsById,
};

/** Does what a request asks for; rejects with what the mount threw. What the mount denies is `EPERM`, whatever it is about, as to OpenSSH. */
export function handle(context: HandlerContext, request: Request): Promise<Reply> {
  if (context.mount.denied?.has(request.name) === true)
    return Promise.reject(new VfsError('EPERM', { detail: `${request.name} is not allowed here` }));
  // What TypeScript cannot see: the name of the request is that of its row.
  const handler = HANDLERS[request.name] as Handler<RequestName>;
  return handler(context, request);
}

export type { HandlerContext } from './context.ts';
