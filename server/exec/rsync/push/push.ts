import type { ListOrder } from '../list/order.ts';
import type { FileList } from '../list/file-list.ts';
import type { Session } from '../session.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import type { Attributes } from './attributes.ts';
import type { Backups } from './backups.ts';
import type { BasisDirectories } from './basis-directories.ts';
import type { Budget } from './budget.ts';
import type { Deletion } from './deletion.ts';
import type { DelayedUpdates } from './delayed-updates.ts';
import type { Destination } from './destination.ts';
import type { EntryXattrs } from './entry-xattrs.ts';
import type { Existing } from './existing.ts';
import type { Finishing } from './finishing.ts';
import type { HardLinks } from './hard-links.ts';
import type { Items } from './items.ts';
import type { PartialFiles } from './partial-files.ts';
import type { TouchedDirectories } from './touched-directories.ts';

/** All that the two halves of a receiving side share. */
export interface Push {
  readonly session: Session;
  readonly list: FileList;
  readonly order: ListOrder;
  readonly destination: Destination;
  readonly attributes: Attributes;
  readonly existing: Existing;
  readonly budget: Budget;
  readonly items: Items;
  readonly xattrs: EntryXattrs;
  readonly links: HardLinks;
  readonly deletion: Deletion;
  readonly backups: Backups;
  readonly basis: BasisDirectories;
  readonly partials: PartialFiles;
  readonly delayed: DelayedUpdates;
  readonly finishing: Finishing;
  readonly touched: TouchedDirectories;
  /** Entries whose content did not match its checksum, to be asked for once more. */
  readonly redo: number[];
  /** Where an entry goes. */
  readonly target: (name: string) => VfsPath;
}
