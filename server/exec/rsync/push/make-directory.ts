import { isVfsError } from '../../../../vfs/errors.ts';
import { ITEM } from '../item.ts';
import type { Task } from './generator.ts';
import { makeDirectories } from './make-directories.ts';
import type { Push } from './push.ts';
import { fromVfsText } from '../wire/text.ts';
import { parentOf, type VfsPath } from '../../../../vfs/path.ts';
import type { BasisMatch } from './basis-directories.ts';

/** Bits that an owner needs to work in a directory. */
const OWNER_BITS = 0o700;

/** A directory of the list. Answers false where all below it is to be passed over. */
export async function makeDirectory(push: Push, task: Task): Promise<boolean> {
  const { session, attributes, items, deletion, xattrs } = push;
  const { entry, path, number } = task;
  let { existing } = task;
  if (existing !== undefined && existing.type !== 'directory') {
    if (!(await deletion.makeRoom(path, entry.name, existing, 'new directory'))) return false;
    existing = undefined;
  }
  const basis = existing === undefined ? await inBasis(push, task) : undefined;
  const like = existing === undefined ? basis?.path : path;
  const xattrFlag = await xattrs.differences(number, like);
  const flags =
    attributes.differences(entry, existing ?? basis?.stats, existing === undefined ? ITEM.localChange : 0) |
    xattrFlag;
  const reported =
    existing === undefined && push.destination.fresh && entry.name === '.' ? flags | ITEM.isNew : flags;
  items.report(number, reported);
  if (session.options.dryRun) {
    // Nor is there anything in it, then.
    if (existing === undefined) push.existing.made(path);
    return true;
  }
  push.touched.know(number, path);
  try {
    if (existing === undefined) await make(push, task, basis?.path);
  } catch (error) {
    session.report.failedAsGenerator(`recv_generator: mkdir "${fromVfsText(path)}" failed`, error);
    session.report.error('*** Skipping any contents from this failed directory ***');
    return false;
  }
  try {
    if (existing !== undefined) await change(push, task);
    if (existing !== undefined && xattrFlag !== 0) await xattrs.apply(number, path);
  } catch (error) {
    // What is in it may be changed all the same; of more that is wrong, the times are tried first (set_file_attrs, rsync.c).
    push.touched.forget(path);
    const isOfTimes = existing !== undefined && attributes.change(entry, existing)?.mtime !== undefined;
    const what = isOfTimes ? 'times' : 'permissions';
    session.report.failedAsGenerator(`failed to set ${what} on "${fromVfsText(path)}"`, error);
  }
  return true;
}

async function make(push: Push, { entry, path, number }: Task, like: VfsPath | undefined): Promise<void> {
  const { attributes, existing: existingFiles, touched, xattrs } = push;
  const { program, ctx, options } = push.session;
  const wanted = attributes.mode(entry, undefined);
  // Who is bound by the bits needs them until all in it is done.
  const mode = program.account.superuser ? wanted : wanted | OWNER_BITS;
  try {
    await program.mount.mkdir(path, mode, ctx);
  } catch (error) {
    const isMissingParent = isVfsError(error, 'ENOENT') && options.relative;
    if (!isMissingParent && !isVfsError(error, 'EEXIST')) throw error;
    if (isMissingParent) {
      await makeDirectories(push.session, parentOf(path));
      await program.mount.mkdir(path, mode, ctx);
    } else await program.mount.setstat(path, { mode }, ctx);
  }
  existingFiles.made(path);
  const owner = attributes.owner(entry);
  if (Object.keys(owner).length > 0) await program.mount.setstat(path, owner, ctx);
  await xattrs.applyToNew(number, path, like);
  if (mode !== wanted) touched.opened(number);
  touched.touch(number);
  touched.changedIn(path);
}

async function change(push: Push, { entry, path, number, existing }: Task): Promise<void> {
  const { attributes, touched } = push;
  const { program, ctx } = push.session;
  if (existing === undefined) return;
  const all = attributes.change(entry, existing);
  if (all === undefined) return;
  const { mtime, ...now } = all;
  const isClosed =
    now.mode !== undefined && (now.mode & OWNER_BITS) !== OWNER_BITS && !program.account.superuser;
  const first = isClosed ? { ...now, mode: (now.mode ?? 0) | OWNER_BITS } : now;
  if (Object.keys(first).length > 0) await program.mount.setstat(path, first, ctx);
  if (mtime !== undefined) touched.touch(number);
  if (isClosed) touched.opened(number);
}

/** A directory that a basis directory has is told of as one that was there. */
async function inBasis({ basis }: Push, { entry }: Task): Promise<BasisMatch | undefined> {
  if (!basis.some) return undefined;
  for await (const match of basis.candidates(entry.name, 'directory')) return match;
  return undefined;
}
