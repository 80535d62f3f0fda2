import type { Stats } from '../../../stats.ts';

/** A directory of another file system, which has its names in no order. */
export interface ListedDirectory {
  /** Names the inode. */
  readonly key: string;
  /** When it last changed, as finely as the file system can say. */
  stamp(): Promise<DirectoryStamp>;
  names(): AsyncIterable<string> | Iterable<string>;
  /** Attributes of an entry. `ENOENT` for one that is gone, `EACCES` as a `VfsError` for one that is not served. */
  stat(name: string): Promise<Stats>;
}

export interface DirectoryStamp {
  /** Other after each change, but for changes that come within one step of the clock. */
  readonly times: string;
  /** Milliseconds since 1970. */
  readonly changed: number;
}
