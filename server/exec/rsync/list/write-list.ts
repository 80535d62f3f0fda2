import type { Output } from '../wire/output.ts';
import { NoAcls } from './acls.ts';
import { ENTRY, type Entry } from './entry.ts';
import { FLAG } from './flags.ts';
import { isDirectory, isFile, isSymlink } from './modes.ts';
import type { ListShape } from './shape.ts';

/** Names are sent with at most so many bytes of the one before. */
const SHARED_MAX = 255;

/** How a name is one of several of a file. */
export interface Link {
  /** Place in the list of the first name; absent: this is the first. Protocol 30 and newer. */
  readonly first: number | undefined;
  /** Before protocol 30. */
  readonly inode: number;
}

/** Sends a list, entry by entry (send_file_entry, flist.c). Extended attributes follow each entry, for the caller to send. */
export class ListWriter {
  readonly #output: Output;
  readonly #shape: ListShape;
  readonly #acls = new NoAcls();
  #name = '';
  #previous: Pick<Entry, 'mode' | 'seconds' | 'uid' | 'gid'> = { mode: 0, seconds: 0, uid: 0, gid: 0 };
  #first = true;

  constructor(output: Output, shape: ListShape) {
    this.#output = output;
    this.#shape = shape;
  }

  write(entry: Entry, link: Link | undefined): void {
    const { protocol } = this.#shape;
    const shared = this.#sharedWith(entry.name);
    const linked = protocol >= 30 ? link : undefined;
    const flags = this.#wireFlags(this.#flagsOf(entry, link, shared), isDirectory(entry.mode));
    this.#writeFlags(flags);
    this.#writeName(entry.name, shared, (flags & FLAG.longName) !== 0);
    if (linked?.first === undefined) this.#writeAttributes(entry, link);
    else this.#output.varint(linked.first);
    this.#previous = entry;
    this.#first = false;
    if (this.#shape.acls && !isSymlink(entry.mode)) this.#acls.write(this.#output, isDirectory(entry.mode));
  }

  /** The end of the entries (write_end_of_flist). */
  end(ioError: number): void {
    const { variableFlags, safeList, protocol } = this.#shape;
    if (variableFlags) {
      this.#output.varint(0);
      return this.#output.varint(ioError);
    }
    if (ioError === 0 || !safeList || protocol < 30) return this.#output.byte(0);
    this.#output.short(FLAG.extended | FLAG.endWithError);
    return this.#output.varint(ioError);
  }

  #sharedWith(name: string): number {
    const most = Math.min(SHARED_MAX, name.length, this.#name.length);
    let shared = 0;
    while (shared < most && name.charCodeAt(shared) === this.#name.charCodeAt(shared)) shared++;
    this.#name = name;
    return shared;
  }

  #flagsOf(entry: Entry, link: Link | undefined, shared: number): number {
    const { protocol, owner, group } = this.#shape;
    const previous = this.#previous;
    let flags = isDirectory(entry.mode) ? this.#directoryFlags(entry.flags) : 0;
    if (entry.mode === previous.mode) flags |= FLAG.sameMode;
    if (!owner || (entry.uid === previous.uid && !this.#first)) flags |= FLAG.sameUid;
    if (!group || (entry.gid === previous.gid && !this.#first)) flags |= FLAG.sameGid;
    if (entry.seconds === previous.seconds) flags |= FLAG.sameTime;
    if (entry.nanoseconds !== 0 && protocol >= 31) flags |= FLAG.nanoseconds;
    if (shared > 0) flags |= FLAG.sameName;
    if (entry.name.length - shared > 255) flags |= FLAG.longName;
    if (link !== undefined && protocol >= 28) flags |= FLAG.hardLinked;
    if (link !== undefined && link.first === undefined && protocol >= 30) flags |= FLAG.hardLinkFirst;
    return flags;
  }

  #directoryFlags(flags: number): number {
    const top = (flags & ENTRY.top) !== 0 ? FLAG.topDirectory : 0;
    if (this.#shape.protocol < 30) return top;
    if ((flags & ENTRY.implied) !== 0) return FLAG.topDirectory | FLAG.noContent;
    return (flags & ENTRY.content) !== 0 ? top : FLAG.noContent;
  }

  /** As they go on the wire: a flag field of zero is the end of the list, so there is always some bit. */
  #wireFlags(flags: number, directory: boolean): number {
    const { variableFlags, protocol } = this.#shape;
    if (variableFlags) return flags === 0 ? FLAG.extended : flags;
    if (protocol < 28)
      return (flags & 0xff) === 0 ? (directory ? FLAG.longName : FLAG.topDirectory) : flags & 0xff;
    const some = flags === 0 && !directory ? FLAG.topDirectory : flags;
    return some > 0xff || some === 0 ? some | FLAG.extended : some;
  }

  #writeFlags(flags: number): void {
    const { variableFlags, protocol } = this.#shape;
    if (variableFlags) this.#output.varint(flags);
    else if (protocol >= 28 && (flags & FLAG.extended) !== 0) this.#output.short(flags);
    else this.#output.byte(flags);
  }

  #writeName(name: string, shared: number, long: boolean): void {
    const length = name.length - shared;
    if (shared > 0) this.#output.byte(shared);
    if (!long) this.#output.byte(length);
    else if (this.#shape.protocol < 30) this.#output.int(length);
    else this.#output.varint(length);
    this.#output.text(name.slice(shared));
  }

  #writeAttributes(entry: Entry, link: Link | undefined): void {
    const { protocol, owner, group, symlinks, checksum } = this.#shape;
    const previous = this.#previous;
    const output = this.#output;
    if (protocol < 30) output.longint(entry.size);
    else output.varlong(entry.size, 3);
    if (entry.seconds !== previous.seconds) {
      if (protocol < 30) output.int(entry.seconds);
      else output.varlong(entry.seconds, 4);
    }
    if (entry.nanoseconds !== 0 && protocol >= 31) output.varint(entry.nanoseconds);
    if (this.#shape.creationTimes) output.varlong(entry.seconds, 4);
    if (entry.mode !== previous.mode) output.int(entry.mode);
    if (this.#shape.accessTimes && !isDirectory(entry.mode)) output.varlong(entry.seconds, 4);
    if (owner && (entry.uid !== previous.uid || this.#first)) this.#writeId(entry.uid);
    if (group && (entry.gid !== previous.gid || this.#first)) this.#writeId(entry.gid);
    if (symlinks && isSymlink(entry.mode)) this.#writeTarget(entry.target ?? '');
    if (link !== undefined && protocol < 30) {
      output.longint(1);
      output.longint(link.inode);
    }
    if (checksum > 0 && (isFile(entry.mode) || protocol < 28))
      output.bytes(entry.checksum ?? new Uint8Array(checksum));
  }

  #writeId(id: number): void {
    if (this.#shape.protocol < 30) this.#output.int(id);
    else this.#output.varint(id);
  }

  #writeTarget(target: string): void {
    if (this.#shape.protocol < 30) this.#output.int(target.length);
    else this.#output.varint(target.length);
    this.#output.text(target);
  }
}
