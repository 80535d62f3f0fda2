import type { VfsPath } from '../../../../vfs/path.ts';
import { uint16 } from '../list/column.ts';
import type { Entry } from '../list/entry.ts';
import { FileList } from '../list/file-list.ts';
import { isFile, isSymlink } from '../list/modes.ts';
import { below } from '../storage.ts';
import { SentXattrs } from '../xattrs/sent-xattrs.ts';

/** The list of a sender: each name with the directory that it begins in. */
export class SourceList {
  readonly list = new FileList();
  readonly xattrs = new SentXattrs();
  readonly #roots: VfsPath[] = [];
  readonly #root = uint16();
  readonly uids = new Set<number>();
  readonly gids = new Set<number>();
  /** Bytes of files and symlinks. */
  totalSize = 0;

  /** Directories that names begin in have numbers. */
  rootNumber(root: VfsPath): number {
    const known = this.#roots.indexOf(root);
    return known >= 0 ? known : this.#roots.push(root) - 1;
  }

  add(entry: Entry, root: number): number {
    const number = this.list.add(entry);
    this.#root.set(number, root);
    this.uids.add(entry.uid);
    this.gids.add(entry.gid);
    if (isFile(entry.mode) || isSymlink(entry.mode)) this.totalSize += entry.size;
    return number;
  }

  pathOf(number: number): VfsPath {
    return below(this.#roots[this.#root.get(number)] ?? ('/' as VfsPath), this.list.name(number));
  }
}
