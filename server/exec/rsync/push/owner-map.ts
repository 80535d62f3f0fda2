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
  const uidOf = idsOf(account.name, account.uid);
  const gidOf = idsOf(account.name, account.gid);
  const wanted = (option: MapOption, idOf: IdOf): IdMap | undefined => {
    const text = options[option];
    return text === undefined ? undefined : parseIdMap(option, text, idOf, (line) => report.warning(line));
  };
  // What is wrong with a map is told to every account.
  const usermap = wanted('usermap', uidOf);
  const groupmap = wanted('groupmap', gidOf);
  if (!account.superuser) return;
  const translate = (
    theirs: ReadonlyMap<number, string>,
    map: IdMap | undefined,
    idOf: IdOf,
    nameOf: (id: number) => string | undefined,
  ): Translator | undefined => {
    if (map === undefined && theirs.size === 0) return undefined;
    return remembering((id) => {
      // No client is asked to send the name of 0.
      const bytes = theirs.get(id) ?? (id === 0 && !options.numericIds ? 'root' : '');
      const mapped = map?.(id, bytes);
      if (mapped !== undefined) return mapped;
      const name = toVfsText(bytes);
      // A name that nobody has here keeps its number.
      return name === '' || nameOf(id) === name ? id : (idOf(name) ?? id);
    });
  };
  const toUid = translate(users, usermap, uidOf, (id) => names.user(id));
  const toGid = translate(groups, groupmap, gidOf, (id) => names.group(id));
  if (toUid !== undefined || toGid !== undefined) await renumber(list, toUid, toGid);
}

type IdOf = (name: string) => number | undefined;

/** Names that every storage knows: the account's own, and root. */
function idsOf(account: string, own: number): IdOf {
  return (name) => {
    if (name === account) return own;
    return name === 'root' ? 0 : undefined;
  };
}

type Translator = (id: number) => number;

/** A list has many entries and few owners. */
function remembering(translate: Translator): Translator {
  const known = new Map<number, number>();
  return (id) => {
    const found = known.get(id) ?? translate(id);
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
