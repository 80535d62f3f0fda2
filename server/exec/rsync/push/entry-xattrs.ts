import { isVfsError } from '../../../../vfs/errors.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { ITEM } from '../item.ts';
import type { FileList } from '../list/file-list.ts';
import type { Session } from '../session.ts';
import { visibleStatsOf } from '../storage.ts';
import { toVfsText } from '../wire/text.ts';
import { carriesXattrs } from '../xattrs/exchange.ts';
import type { XattrNames } from '../xattrs/names.ts';
import { readXattr, readXattrs } from '../xattrs/read-xattrs.ts';
import type { ReceivedXattrs, WantedXattr } from '../xattrs/received-xattrs.ts';
import { isSameValue, xattrOf, type Xattr } from '../xattrs/xattr.ts';

/** What an owner needs to change attributes. */
const OWNER_WRITES = 0o200;

/** What of `-X` there is to a session that has it. */
interface Setting {
  readonly received: ReceivedXattrs;
  readonly names: XattrNames;
}

/** The extended attributes of the entries of a list: compared with what there is, asked for, and stored (xattr_diff and rsync_xal_set, xattrs.c). */
export class EntryXattrs {
  readonly #session: Session;
  readonly #list: FileList;
  /** Absent without `-X`. */
  readonly #setting: Setting | undefined;
  /** Entries that are there but for values on their way. */
  readonly #waiting = new Set<number>();
  #toldOfStorage = false;

  constructor(session: Session, list: FileList, setting: Setting | undefined) {
    this.#session = session;
    this.#list = list;
    this.#setting = setting;
  }

  get on(): boolean {
    return this.#setting !== undefined;
  }

  /** `ITEM.xattr` where `path` has others than the entry, or is absent and the entry has some; 0 otherwise. Long values that it lacks are wanted from then on. */
  async differences(number: number, path: VfsPath | undefined): Promise<number> {
    if (this.#setting === undefined) return 0;
    const wanted = this.#wanted(number);
    const present = path === undefined ? [] : await this.#present(path);
    for (const xattr of wanted) {
      const same = present.find(({ name }) => name === xattr.name);
      if (xattr.state === 'unknown' && (same === undefined || !isSameValue(xattr, same)))
        xattr.state = 'wanted';
    }
    return isSameSet(wanted, present) ? 0 : ITEM.xattr;
  }

  /** Whether `path` has those of the entry, without asking for anything. */
  async isSame(number: number, path: VfsPath): Promise<boolean> {
    return this.#setting === undefined || isSameSet(this.#wanted(number), await this.#present(path));
  }

  /** Follows an item: which values are to come with its answer. */
  writeRequest(number: number, flags: number): void {
    if (this.#setting !== undefined && carriesXattrs(this.#session, flags))
      this.#setting.received.writeRequest(this.#session.output, this.#list.xattrs(number));
  }

  /** The answer to an item has come; values may follow it. */
  async readValues(number: number, flags: number): Promise<void> {
    if (this.#setting === undefined || !carriesXattrs(this.#session, flags)) return;
    await this.#setting.received.readValues(this.#session.input, this.#list.xattrs(number));
  }

  /** Gives to `path`, which is there, what is known; the rest follows with the answer. */
  async apply(number: number, path: VfsPath): Promise<void> {
    if (this.#setting === undefined || this.#session.options.dryRun) return;
    await this.#awaitMissing(number, await this.#store(number, path, await this.#present(path), path), path);
  }

  /** As `apply`, to something new that has none; `like` may have values that have not been asked for. Values that are missing are on their way. */
  async applyToNew(number: number, path: VfsPath, like: VfsPath | undefined): Promise<void> {
    if (this.#setting === undefined || this.#session.options.dryRun) return;
    await this.#awaitMissing(number, await this.#store(number, path, [], like), path);
  }

  /** All values that were asked for have come with the answer to the entry's item: what waited for them gets them. */
  async complete(number: number, path: VfsPath): Promise<void> {
    if (this.#setting === undefined || !this.#waiting.delete(number)) return;
    this.#tellMissing(path, await this.#store(number, path, await this.#present(path), path));
    this.#setting.received.over(this.#list.xattrs(number));
  }

  /** To a file whose content has come, before it takes its place; `like` has values that were not asked for. */
  async applyToArrived(number: number, path: VfsPath, like: VfsPath | undefined): Promise<void> {
    if (this.#setting === undefined) return;
    const present = like === path ? await this.#present(path) : [];
    this.#tellMissing(like ?? path, await this.#store(number, path, present, like));
    this.#setting.received.over(this.#list.xattrs(number));
  }

  #wanted(number: number): readonly WantedXattr[] {
    return this.#setting?.received.of(this.#list.xattrs(number)) ?? [];
  }

  async #present(path: VfsPath): Promise<Xattr[]> {
    const { program, ctx } = this.#session;
    const isStored = this.#setting?.names.isStored ?? (() => false);
    try {
      return await readXattrs(program.mount, path, isStored, ctx);
    } catch (error) {
      if (!isVfsError(error) || error.code === 'EINTR') throw error;
      return [];
    }
  }

  /** Makes those of `path` those of the entry. Answers those whose value is nowhere. */
  async #store(
    number: number,
    path: VfsPath,
    present: readonly Xattr[],
    like: VfsPath | undefined,
  ): Promise<WantedXattr[]> {
    const wanted = this.#wanted(number);
    const setting = wanted.filter(
      (one) => !present.some((has) => has.name === one.name && isSameValue(one, has)),
    );
    const removing = present.filter(({ name }) => !wanted.some((one) => one.name === name));
    if (setting.length === 0 && removing.length === 0) return [];
    if (!this.#session.program.mount.capabilities.xattrs) return this.#tellOfStorage();
    const missing: WantedXattr[] = [];
    await this.#writable(path, async () => {
      for (const xattr of setting) if (!(await this.#set(path, xattr, like))) missing.push(xattr);
      for (const { name } of removing) await this.#remove(path, name);
    });
    return missing;
  }

  /** Answers false where the value is not known. What the storage refuses is told. */
  async #set(path: VfsPath, xattr: WantedXattr, like: VfsPath | undefined): Promise<boolean> {
    const { program, ctx, report } = this.#session;
    const value = xattr.value ?? (like === undefined ? undefined : await this.#valueOf(like, xattr));
    if (value === undefined) return false;
    try {
      await program.mount.setxattr(path, toVfsText(xattr.name), value, 'set', ctx);
    } catch (error) {
      report.failed(`rsync_xal_set: setxattr ${xattr.name} of`, path, error);
    }
    return true;
  }

  async #remove(path: VfsPath, name: string): Promise<void> {
    const { program, ctx, report } = this.#session;
    try {
      await program.mount.removexattr(path, toVfsText(name), ctx);
    } catch (error) {
      if (!isVfsError(error, 'ENODATA')) report.failed(`rsync_xal_set: removexattr ${name} of`, path, error);
    }
  }

  /** A long value, where `path` still has the one that the sender has. */
  async #valueOf(path: VfsPath, xattr: WantedXattr): Promise<Uint8Array | undefined> {
    const { program, ctx } = this.#session;
    try {
      const value = await readXattr(program.mount, path, xattr.name, ctx);
      return value !== undefined && isSameValue(xattr, xattrOf(xattr.name, value)) ? value : undefined;
    } catch (error) {
      if (!isVfsError(error) || error.code === 'EINTR') throw error;
      return undefined;
    }
  }

  /** The mode binds its owner too, who may open it for the moment that it takes (set_xattr, xattrs.c). */
  async #writable(path: VfsPath, work: () => Promise<void>): Promise<void> {
    const { program, ctx } = this.#session;
    const stats = program.account.superuser ? undefined : await visibleStatsOf(program.mount, path, ctx);
    const isClosed = stats !== undefined && stats.type !== 'symlink' && (stats.mode & OWNER_WRITES) === 0;
    if (!isClosed) return work();
    await this.#setMode(path, stats.mode | OWNER_WRITES);
    await work();
    await this.#setMode(path, stats.mode);
  }

  /** Where that is refused, the change of the attributes will be, and is told. */
  async #setMode(path: VfsPath, mode: number): Promise<void> {
    const { program, ctx } = this.#session;
    try {
      await program.mount.setstat(path, { mode }, ctx);
    } catch (error) {
      if (!isVfsError(error) || error.code === 'EINTR') throw error;
    }
  }

  /** The answer may have come meanwhile, and will not come again. */
  async #awaitMissing(number: number, missing: readonly WantedXattr[], path: VfsPath): Promise<void> {
    if (missing.length === 0) return;
    this.#waiting.add(number);
    if (missing.every(({ value }) => value !== undefined)) await this.complete(number, path);
  }

  #tellMissing(path: VfsPath, missing: readonly WantedXattr[]): void {
    for (const { name } of missing)
      this.#session.report.error(
        `rsync: [receiver] no value has come of the extended attribute ${name}, for "${path}"`,
      );
  }

  #tellOfStorage(): WantedXattr[] {
    if (!this.#toldOfStorage)
      this.#session.report.warning(
        'WARNING: this storage keeps no extended attributes; files come without them',
      );
    this.#toldOfStorage = true;
    return [];
  }
}

function isSameSet(wanted: readonly Xattr[], present: readonly Xattr[]): boolean {
  return (
    wanted.length === present.length &&
    wanted.every((one, index) => {
      const other = present[index] as Xattr;
      return one.name === other.name && isSameValue(one, other);
    })
  );
}
