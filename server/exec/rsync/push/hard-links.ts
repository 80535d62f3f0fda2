import type { FileList } from '../list/file-list.ts';
import type { VfsPath } from '../../../../vfs/path.ts';

/** How far a group of names of one file has come. */
export interface LinkGroup {
  /** Names of the group that are handled, in order; the last one decides. */
  readonly last: number;
  state: 'open' | 'requested' | 'done';
  /** Names that wait until the file is there. */
  waiting: number[];
  /** The name that has the content, in the list and in the storage. */
  leader: string;
  path: VfsPath | undefined;
}

/** The hard-link groups of a list (hlink.c). */
export class HardLinks {
  readonly #list: FileList;
  readonly #groups = new Map<number, LinkGroup>();

  /** `tree`: the entries in the order in which they are handled, without dead ones. */
  constructor(list: FileList, tree: Iterable<number>, isDead: (entry: number) => boolean) {
    this.#list = list;
    const counts = new Map<number, { last: number; count: number }>();
    for (const entry of tree) {
      const first = list.group(entry);
      if (first < 0 || isDead(entry)) continue;
      counts.set(first, { last: entry, count: (counts.get(first)?.count ?? 0) + 1 });
    }
    for (const [first, { last, count }] of counts) {
      if (count > 1)
        this.#groups.set(first, { last, state: 'open', waiting: [], leader: '', path: undefined });
    }
  }

  /** Absent: the entry is the only name of its file. */
  of(entry: number): LinkGroup | undefined {
    return this.#groups.size === 0 ? undefined : this.#groups.get(this.#list.group(entry));
  }
}
