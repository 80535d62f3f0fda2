import type { Input } from '../wire/input.ts';
import { Pace } from '../../pace.ts';
import type { ReceivedXattrs } from '../xattrs/received-xattrs.ts';
import { ENTRY } from './entry.ts';
import { FileList } from './file-list.ts';
import { readIdNames } from './id-names.ts';
import { isDirectory } from './modes.ts';
import { FIRST, readEntry, type Earlier } from './read-entry.ts';
import type { ListShape } from './shape.ts';

export interface ReceivedList {
  readonly list: FileList;
  /** Bits of the sender's errors (IOERR_*, rsync.h). */
  readonly ioError: number;
  /** Names of owners by number; empty where they are not sent. */
  readonly users: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<number, string>;
}

/** Entries between two looks at the clock. */
const STRIDE = 256;

/** Reads the whole list and what follows it (recv_file_list, flist.c). `xattrs`: where `-X` was given. */
export async function readList(
  input: Input,
  shape: ListShape,
  xattrs: ReceivedXattrs | undefined,
): Promise<ReceivedList> {
  const list = new FileList();
  const endError = await readEntries(input, shape, { list, xattrs });
  const named = !shape.numericIds;
  const users =
    named && (shape.owner || shape.acls)
      ? await readIdNames(input, shape.protocol)
      : new Map<number, string>();
  const groups =
    named && (shape.group || shape.acls)
      ? await readIdNames(input, shape.protocol)
      : new Map<number, string>();
  const ioError = shape.protocol < 30 ? await input.parse((bytes) => bytes.int()) : endError;
  return { list, ioError, users, groups };
}

async function readEntries(input: Input, shape: ListShape, earlier: Earlier): Promise<number> {
  const { list } = earlier;
  const pace = new Pace();
  /** Before protocol 30: the first name of each inode. */
  const firsts = new Map<string, number>();
  const below = contentBelow(shape);
  let previous = FIRST;
  const read = (bytes: Input): ReturnType<typeof readEntry> => readEntry(bytes, shape, previous, earlier);
  for (;;) {
    const one = await input.parse(read);
    if ('ioError' in one) return one.ioError;
    previous = one.previous;
    const { entry } = one;
    const flags = isDirectory(entry.mode) ? below(entry.name, entry.flags) : entry.flags;
    const index = list.add(flags === entry.flags ? entry : { ...entry, flags });
    if (one.xattrs >= 0) list.setXattrs(index, one.xattrs);
    if (one.identity !== undefined) groupByIdentity(list, firsts, one.identity, index);
    if (index % STRIDE === 0 && pace.due) await pace.rest();
  }
}

function groupByIdentity(list: FileList, firsts: Map<string, number>, identity: string, index: number): void {
  const first = firsts.get(identity);
  if (first === undefined) firsts.set(identity, index);
  else list.setGroup(first, first);
  list.setGroup(index, first ?? index);
}

/** Before protocol 30, all directories below a top directory have their content in the list (flist_sort_and_clean). */
function contentBelow({ protocol, recurse }: ListShape): (name: string, flags: number) => number {
  let top: string | undefined;
  return (name, flags) => {
    if (protocol >= 30 || !recurse) return flags;
    if ((flags & ENTRY.top) !== 0) top = name;
    const inside = top !== undefined && (top === '.' || name === top || name.startsWith(`${top}/`));
    return inside ? flags | ENTRY.content : flags;
  };
}
