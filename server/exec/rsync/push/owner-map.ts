import type { FileList } from '../list/file-list.ts';
import type { ReceivedList } from '../list/read-list.ts';
import { Pace } from '../../pace.ts';
import type { Session } from '../session.ts';
import { toVfsText } from '../wire/text.ts';
import { parseIdMap, type IdMap, type MapOption } from './id-map.ts';

/** Entries between two looks at the clock. */
const STRIDE = 1024;

/** Turns the sender's numbers of owners into those that are wanted here, or that have the same names here (match_uid, uidlist.c). */
export async function mapOwners(
  { list, users, groups }: ReceivedList,
  { program, options, report }: Pick<Session, 'program' | 'options' | 'report'>,
): Promise<void> {
  const { account, names } = program;
  const wanted = (option: MapOption, own: number): IdMap | undefined =>
    options[option] === undefined
      ? undefined
      : parseIdMap(
          option,
          options[option],
          (name) => idOf(name, account.name, own),
          (line) => report.warning(line),
        );
  // What is wrong with a map is told to every account.
  const usermap = wanted('usermap', account.uid);
  const groupmap = wanted('groupmap', account.gid);
  if (!account.superuser) return;
  const named = !options.numericIds;
  const ids = [
    translator(users, usermap, account.name, account.uid, (id) => names.user(id), named),
    translator(groups, groupmap, account.name, account.gid, (id) => names.group(id), named),
  ] as const;
  if (ids[0] !== undefined || ids[1] !== undefined) await renumber(list, ...ids);
}

/** Names that every storage knows: the account's own, and root. */
function idOf(name: string, account: string, own: number): number | undefined {
  if (name === account) return own;
  return name === 'root' ? 0 : undefined;
}

type Translator = (id: number) => number;

/** Absent where nothing changes. */
function translator(
  theirs: ReadonlyMap<number, string>,
  map: IdMap | undefined,
  account: string,
  own: number,
  nameOf: (id: number) => string | undefined,
  named: boolean,
): Translator | undefined {
  if (map === undefined && theirs.size === 0) return undefined;
  const known = new Map<number, number>();
  const find: Translator = (id) => {
    // No client is asked to send the name of 0.
    const bytes = theirs.get(id) ?? (id === 0 && named ? 'root' : '');
    const name = toVfsText(bytes);
    const mapped = map?.(id, bytes);
    if (mapped !== undefined) return mapped;
    // A name that nobody has here keeps its number.
    return name === '' || nameOf(id) === name ? id : (idOf(name, account, own) ?? id);
  };
  return (id) => {
    const found = known.get(id) ?? find(id);
    known.set(id, found);
    return found;
  };
}

async function renumber(
  list: FileList,
  users: Translator = (id) => id,
  groups: Translator = (id) => id,
): Promise<void> {
  const pace = new Pace();
  for (let number = 0; number < list.count; number++) {
    const { uid, gid } = list.get(number);
    const [newUid, newGid] = [users(uid), groups(gid)];
    if (newUid !== uid || newGid !== gid) list.setOwner(number, newUid, newGid);
    if (number % STRIDE === 0 && pace.due) await pace.rest();
  }
}
