import type { VfsPath } from '../../../../vfs/path.ts';
import type { Stats } from '../../../../vfs/stats.ts';
import { ITEM } from '../item.ts';
import { visibleStatsOf } from '../storage.ts';
import type { Task } from './generator.ts';
import type { LinkGroup } from './hard-links.ts';
import type { Push } from './push.ts';
import { putDraft } from './put-draft.ts';

/** A further name of a file: linked now where the file is there, later where it is on its way (hard_link_check, hlink.c). */
export async function waitsForLink(push: Push, { number, existing, path }: Task): Promise<boolean> {
  const group = push.links.of(number);
  if (group === undefined) return false;
  if (group.state === 'done') {
    await linkName(push, group, number, path, existing);
    return true;
  }
  // A file that exists may be whole already; only the last name is asked for where none does.
  const waits = group.state === 'requested' || (existing === undefined && group.last !== number);
  if (waits) group.waiting.push(number);
  return waits;
}

/** The file of a group is there under this name: gives it to the names that wait (finish_hard_link, hlink.c). */
export async function linkWaiting(push: Push, number: number, name: string, path: VfsPath): Promise<void> {
  const group = push.links.of(number);
  if (group === undefined || group.state === 'done') return;
  group.state = 'done';
  group.leader = name;
  group.path = path;
  for (const other of group.waiting.splice(0)) {
    const target = push.target(push.list.name(other));
    const existing = await visibleStatsOf(push.session.program.mount, target, push.session.ctx);
    await linkName(push, group, other, target, existing);
  }
}

async function linkName(
  push: Push,
  group: LinkGroup,
  number: number,
  path: VfsPath,
  existing: Stats | undefined,
): Promise<void> {
  const { session, attributes, items, list, deletion, xattrs } = push;
  const { program, ctx, options } = session;
  const entry = list.get(number);
  const from = group.path as VfsPath;
  const file = await visibleStatsOf(program.mount, from, ctx);
  if (existing !== undefined && file?.inode === existing.inode) {
    const flags = attributes.differences(entry, existing, ITEM.localChange, true);
    items.report(number, flags | (await xattrs.differences(number, path)), '');
    return;
  }
  if (existing?.type === 'directory' && !(await deletion.makeRoom(path, entry.name, existing, 'hard-link')))
    return;
  const before = existing?.type === 'directory' ? undefined : existing;
  const xattrFlag = await xattrs.differences(number, before === undefined ? undefined : path);
  items.report(number, attributes.differences(entry, before, ITEM.localChange) | xattrFlag, group.leader);
  items.success(number);
  if (options.dryRun) return;
  await putDraft(push, { path, existing: before, entry }, (draft) => program.mount.link(from, draft, ctx));
}
