import type { Stats, StatsChange, Timestamp } from '../../../../vfs/stats.ts';
import { ITEM } from '../item.ts';
import type { Entry } from '../list/entry.ts';
import { isDirectory, isFile, isSymlink } from '../list/modes.ts';
import type { Session } from '../session.ts';

const PERMISSION_BITS = 0o777;
const MODE_BITS = 0o7777;

/** Which attributes of an entry are kept here, and how they differ from what there is (set_file_attrs, rsync.c; itemize, generator.c). */
export class Attributes {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The permission bits that the result has (dest_mode, rsync.c). */
  mode(entry: Entry, existing: Stats | undefined): number {
    const { permissions, executability } = this.#session.options;
    if (permissions) return entry.mode & MODE_BITS;
    if (existing === undefined) return entry.mode & PERMISSION_BITS & ~this.#session.program.umask;
    if (!executability || !isFile(entry.mode)) return existing.mode;
    if ((entry.mode & 0o111) === 0) return existing.mode & ~0o111;
    return (existing.mode & 0o111) === 0 ? existing.mode | ((existing.mode & 0o444) >> 2) : existing.mode;
  }

  keepsTime(mode: number): boolean {
    const { times, omitDirectoryTimes, omitLinkTimes } = this.#session.options;
    if (isDirectory(mode)) return times && !omitDirectoryTimes;
    return times && !(isSymlink(mode) && omitLinkTimes);
  }

  /** Owners are kept for who may give files away. */
  owner(entry: Entry): { readonly uid?: number; readonly gid?: number } {
    const { options, program } = this.#session;
    if (!program.account.superuser) return {};
    return { ...(options.owner && { uid: entry.uid }), ...(options.group && { gid: entry.gid }) };
  }

  /** All that a new file, directory or symlink must be told, beside the mode that it is made with. */
  ofNew(entry: Entry): StatsChange {
    return { ...this.owner(entry), ...(this.keepsTime(entry.mode) && { mtime: mtimeOf(entry) }) };
  }

  /** What must change of what there is; absent: nothing. */
  change(entry: Entry, existing: Stats): StatsChange | undefined {
    const mode = isSymlink(entry.mode) ? existing.mode : this.mode(entry, existing);
    const { uid, gid } = this.owner(entry);
    const change: StatsChange = {
      ...(mode !== existing.mode && { mode }),
      ...(uid !== undefined && uid !== existing.uid && { uid }),
      ...(gid !== undefined && gid !== existing.gid && { gid }),
      ...(this.keepsTime(entry.mode) && !this.#hasTime(entry, existing) && { mtime: mtimeOf(entry) }),
    };
    return Object.keys(change).length === 0 ? undefined : change;
  }

  /** With `-c` times are no sign of anything, and are kept exactly. */
  #hasTime(entry: Entry, existing: Stats): boolean {
    const isExact = !this.#session.options.checksum || entry.nanoseconds === existing.mtime.nanoseconds;
    return isExact && this.sameTime(entry, existing);
  }

  /** Within the window that the client allows (same_time, util1.c). */
  sameTime(entry: Entry, { mtime }: Stats): boolean {
    const { modifyWindow } = this.#session.options;
    const seconds = this.#session.dialect.protocol < 30 ? mtime.seconds >>> 0 : mtime.seconds;
    if (modifyWindow > 0) return Math.abs(entry.seconds - seconds) <= modifyWindow;
    return entry.seconds === seconds && (modifyWindow === 0 || entry.nanoseconds === mtime.nanoseconds);
  }

  /** The bits of a report: what differs from `existing`, and what was done; `linked`: by linking to another name. */
  differences(entry: Entry, existing: Stats | undefined, done: number, linked = false): number {
    if (existing === undefined) return done | ITEM.isNew;
    const { uid, gid } = this.owner(entry);
    const changed = (done & (ITEM.transfer | ITEM.localChange)) !== 0 && !linked;
    let flags = done;
    if (isFile(entry.mode) && entry.size !== existing.size) flags |= ITEM.size;
    if (this.keepsTime(entry.mode) ? !this.sameTime(entry, existing) : changed) flags |= ITEM.time;
    if (!isSymlink(entry.mode) && this.#bitsDiffer(entry, existing)) flags |= ITEM.permissions;
    if (uid !== undefined && uid !== existing.uid) flags |= ITEM.owner;
    if (gid !== undefined && gid !== existing.gid) flags |= ITEM.group;
    return flags;
  }

  #bitsDiffer(entry: Entry, existing: Stats): boolean {
    const { permissions, executability } = this.#session.options;
    if (permissions) return ((entry.mode ^ existing.mode) & MODE_BITS) !== 0;
    return executability && this.mode(entry, existing) !== existing.mode;
  }
}

export function mtimeOf({ seconds, nanoseconds }: Entry): Timestamp {
  return { seconds, nanoseconds };
}
