import { VfsError } from '../../../vfs/errors.ts';
import { clientPath, HOME } from '../client-path.ts';
import { PACKET_MAX } from '../protocol.ts';
import { listLength } from '../replies.ts';
import { failure } from '../status.ts';
import type { Handler } from './context.ts';
import { canonicalName, oneName } from './names.ts';

/** Bytes of an answer beside its names, roughly. */
const REPLY_HEAD = 32;

export const statvfs: Handler<'statvfs'> = async ({ mount, ctx, following }, { path }) => {
  await mount.lstat(clientPath(path, 'lstat'), following);
  return { kind: 'storage', stats: await mount.statfs(ctx) };
};

export const fstatvfs: Handler<'fstatvfs'> = async ({ mount, ctx, handles }, { handle }) => {
  handles.file(handle);
  return { kind: 'storage', stats: await mount.statfs(ctx) };
};

export const limits: Handler<'limits'> = async ({ handlesMax }) => ({ kind: 'limits', handles: handlesMax });

export const expandPath: Handler<'expand-path'> = async (context, { path }) =>
  canonicalName(context, path.startsWith('~') ? expandTilde(path, context.account.name) : path);

/** `~`, `~/x`, and both with the account's own name; nobody else lives here. */
function expandTilde(path: string, account: string): string {
  const slash = path.includes('/') ? path.indexOf('/') : path.length;
  const user = path.slice(1, slash);
  if (user !== '' && user !== account) throw new VfsError('ENOENT', { detail: 'no such user' });
  return `${HOME}${path.slice(slash + 1)}`;
}

/** The draft of the extension: an empty name asks for the user's own. Of others nothing is told. */
export const homeDirectory: Handler<'home-directory'> = async ({ account }, { user }) => {
  if (user !== '' && user !== account.name) return failure('no such user');
  return oneName(HOME);
};

export const usersGroupsById: Handler<'users-groups-by-id'> = async ({ names }, { uids, gids }) => {
  const users = uids.map((uid) => names.user(uid) ?? '');
  const groups = gids.map((gid) => names.group(gid) ?? '');
  if (REPLY_HEAD + listLength(users) + listLength(groups) > PACKET_MAX) {
    return failure('too many numbers in one request');
  }
  return { kind: 'accounts', users, groups };
};
