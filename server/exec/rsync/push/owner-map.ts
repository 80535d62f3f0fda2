import type { ProgramContext } from '../../program.ts';
import type { FileList } from '../list/file-list.ts';
import type { ReceivedList } from '../list/read-list.ts';
import { Pace } from '../../pace.ts';
import { toVfsText } from '../wire/text.ts';

/** Entries between two looks at the clock. */
const STRIDE = 1024;

/** Turns the sender's numbers of owners into those that have the same names here (match_uid, uidlist.c). */
export async function mapOwners(
  { list, users, groups }: ReceivedList,
  { account, names }: ProgramContextPart,
): Promise<void> {
  if (!account.superuser || (users.size === 0 && groups.size === 0)) return;
  const uids = mapped(users, account, account.uid, (id) => names.user(id));
  const gids = mapped(groups, account, account.gid, (id) => names.group(id));
  if (uids.size === 0 && gids.size === 0) return;
  await renumber(list, uids, gids);
}

type ProgramContextPart = Pick<ProgramContext, 'account' | 'names'>;

/** Numbers that are another one here. A name that nobody has here keeps its number. */
function mapped(
  theirs: ReadonlyMap<number, string>,
  account: ProgramContextPart['account'],
  own: number,
  nameOf: (id: number) => string | undefined,
): Map<number, number> {
  const found = new Map<number, number>();
  for (const [id, bytes] of theirs) {
    const name = toVfsText(bytes);
    if (nameOf(id) === name) continue;
    if (name === account.name) found.set(id, own);
    else if (name === 'root') found.set(id, 0);
  }
  return found;
}

async function renumber(
  list: FileList,
  uids: ReadonlyMap<number, number>,
  gids: ReadonlyMap<number, number>,
): Promise<void> {
  const pace = new Pace();
  for (let number = 0; number < list.count; number++) {
    const { uid, gid } = list.get(number);
    const newUid = uids.get(uid) ?? uid;
    const newGid = gids.get(gid) ?? gid;
    if (newUid !== uid || newGid !== gid) list.setOwner(number, newUid, newGid);
    if (number % STRIDE === 0 && pace.due) await pace.rest();
  }
}
