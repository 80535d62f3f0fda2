import type { VfsPath } from '../../../../vfs/path.ts';
import { ITEM } from '../item.ts';
import { isUnsafeLink } from '../list/unsafe-link.ts';
import { fromVfsText, toVfsText } from '../wire/text.ts';
import type { BasisMatch } from './basis-directories.ts';
import type { Task } from './generator.ts';
import { linkWaiting, waitsForLink } from './link-names.ts';
import type { Push } from './push.ts';
import { putDraft } from './put-draft.ts';

/** A symlink of the list. */
export async function makeSymlink(push: Push, task: Task): Promise<void> {
  const { session, attributes, items, deletion, xattrs } = push;
  const { entry, path, number, existing } = task;
  const { options, report } = session;
  const target = entry.target ?? '';
  if (options.safeLinks && isUnsafeLink(target, entry.name)) {
    if (options.verbose > 0) report.info(`ignoring unsafe symlink "${entry.name}" -> "${target}"`);
    return;
  }
  if (await waitsForLink(push, task)) return;
  if (existing?.type === 'symlink' && (await targetOf(push, path)) === target) {
    const xattrFlag = await xattrs.differences(number, path);
    items.report(number, attributes.differences(entry, existing, 0) | xattrFlag);
    await apply(push, task);
    if (xattrFlag !== 0) await xattrs.apply(number, path);
    items.success(number);
    return linkWaiting(push, number, entry.name, path);
  }
  if (existing?.type === 'directory' && !(await deletion.makeRoom(path, entry.name, existing, 'new symlink')))
    return;
  const known = existing === undefined ? await findInBasis(push, task, target) : undefined;
  if (known === 'done') return linkWaiting(push, number, entry.name, path);
  const before = existing?.type === 'symlink' ? existing : known?.stats;
  const xattrFlag = await xattrs.differences(number, existing?.type === 'symlink' ? path : known?.path);
  if (!options.dryRun && !(await putSymlink(push, task, (draft) => make(push, task, draft)))) return;
  items.report(number, attributes.differences(entry, before, ITEM.localChange | ITEM.content) | xattrFlag);
  items.success(number);
  await linkWaiting(push, number, entry.name, path);
}

function putSymlink(push: Push, task: Task, put: (draft: VfsPath) => Promise<void>): Promise<boolean> {
  const action = `symlink "${fromVfsText(task.path)}" -> "${task.entry.target ?? ''}"`;
  return putDraft(push, task, put, action);
}

async function targetOf({ session }: Push, path: VfsPath): Promise<string> {
  return fromVfsText(await session.program.mount.readlink(path, session.ctx));
}

async function make(
  { session, attributes, xattrs }: Push,
  { entry, number }: Task,
  draft: VfsPath,
): Promise<void> {
  const { program, ctx } = session;
  await program.mount.symlink(toVfsText(entry.target ?? ''), draft, ctx);
  const change = attributes.ofNew(entry);
  if (Object.keys(change).length > 0) await program.mount.setstat(draft, change, ctx);
  await xattrs.applyToNew(number, draft, undefined);
}

async function apply(push: Push, { entry, path, existing }: Task): Promise<void> {
  const { attributes, session } = push;
  const change = existing === undefined ? undefined : attributes.change(entry, existing);
  if (change === undefined || session.options.dryRun) return;
  try {
    await session.program.mount.setstat(path, change, session.ctx);
  } catch (error) {
    session.report.failed('failed to set attributes of', path, error);
  }
}

/** The same symlink in a basis directory is linked to, or copied, and is no news; another one is what this one is compared with. */
async function findInBasis(push: Push, task: Task, target: string): Promise<BasisMatch | 'done' | undefined> {
  const { basis, attributes, items, session, xattrs } = push;
  const { entry, number } = task;
  let first: BasisMatch | undefined;
  for await (const match of basis.candidates(entry.name, 'symlink')) {
    const { stats, path } = match;
    first ??= match;
    if ((await targetOf(push, path)) !== target) continue;
    const isSame = attributes.change(entry, stats) === undefined && (await xattrs.isSame(number, path));
    if (basis.use === 'compare' && isSame) return 'done';
    const { mount } = session.program;
    const links = basis.use === 'link' && isSame;
    const isMade =
      session.options.dryRun ||
      (await putSymlink(push, task, (draft) =>
        links ? mount.link(path, draft, session.ctx) : make(push, task, draft),
      ));
    if (isMade)
      items.report(
        number,
        attributes.differences(entry, stats, ITEM.localChange | (isSame ? 0 : ITEM.content), true) |
          (await xattrs.differences(number, path)),
        links ? '' : undefined,
      );
    return 'done';
  }
  return first;
}
