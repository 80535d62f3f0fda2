import { EXIT, RsyncError } from '../exit.ts';
import { ByteSlab } from './byte-slab.ts';
import { float64, int32, uint16, uint32, uint8, type Column } from './column.ts';
import type { Entry } from './entry.ts';
import { isDirectory } from './modes.ts';

/** Entries at most: with the shortest of names they take about 300 MB. */
export const ENTRIES_MAX = 4_000_000;

/**
 * The names of a transfer, in the order in which they were sent (flist.c). Columns of numbers instead of objects, and
 * directories written once: an entry takes some 60 bytes and its name.
 *
 * Each entry has a *place*: a directory is its own, anything else has the directory that it is in. Comparing places as
 * strings, then the last names, is rsync's order of names since protocol 29.
 */
export class FileList {
  #count = 0;
  readonly #places: string[] = [];
  readonly #placeNumbers = new Map<string, number>();
  /** Places that are directories of the list themselves. */
  readonly #listed = new Set<number>();
  readonly #names = new ByteSlab();
  readonly #place = uint32();
  readonly #nameAt = uint32();
  readonly #nameLength = uint16();
  readonly #size = float64();
  readonly #seconds = float64();
  readonly #nanoseconds = uint32();
  readonly #mode = uint16();
  readonly #uid = uint32();
  readonly #gid = uint32();
  readonly #flags = uint8();
  /** Where the target or the checksum is; made when first needed. */
  #extraAt: Column<Uint32Array> | undefined;
  #extraLength: Column<Uint16Array> | undefined;
  #group: Column<Int32Array> | undefined;
  #xattrs: Column<Uint32Array> | undefined;

  get count(): number {
    return this.#count;
  }

  get places(): readonly string[] {
    return this.#places;
  }

  add(entry: Entry): number {
    if (this.#count >= ENTRIES_MAX)
      throw new RsyncError(EXIT.memory, `a file list of more than ${ENTRIES_MAX} names is not served`);
    const index = this.#count++;
    const directory = isDirectory(entry.mode);
    const slash = entry.name.lastIndexOf('/');
    const place = directory ? withoutDot(entry.name) : entry.name.slice(0, Math.max(0, slash));
    const name = directory ? '' : entry.name.slice(slash + 1);
    const number = this.#numberOf(place);
    if (directory) this.#listed.add(number);
    this.#place.set(index, number);
    this.#nameAt.set(index, this.#names.addText(name));
    this.#nameLength.set(index, name.length);
    this.#size.set(index, entry.size);
    this.#seconds.set(index, entry.seconds);
    this.#nanoseconds.set(index, entry.nanoseconds);
    this.#mode.set(index, entry.mode);
    this.#uid.set(index, entry.uid);
    this.#gid.set(index, entry.gid);
    this.#flags.set(index, entry.flags);
    this.#setExtra(index, entry);
    if (entry.group >= 0) (this.#group ??= int32()).set(index, entry.group + 1);
    return index;
  }

  get(index: number): Entry {
    const mode = this.#mode.get(index);
    const extra = this.#extraLength?.get(index) ?? 0;
    const at = this.#extraAt?.get(index) ?? 0;
    return {
      name: this.name(index),
      mode,
      size: this.#size.get(index),
      seconds: this.#seconds.get(index),
      nanoseconds: this.#nanoseconds.get(index),
      uid: this.#uid.get(index),
      gid: this.#gid.get(index),
      flags: this.#flags.get(index),
      target: extra > 0 && this.#isLink(mode) ? this.#names.text(at, extra) : undefined,
      checksum: extra > 0 && !this.#isLink(mode) ? this.#names.bytes(at, extra) : undefined,
      group: this.group(index),
    };
  }

  name(index: number): string {
    const place = this.placeName(index);
    if (this.isDirectory(index)) return place === '' ? '.' : place;
    const name = this.leaf(index);
    return place === '' ? name : `${place}/${name}`;
  }

  /** The last name; empty for a directory, which is a place. */
  leaf(index: number): string {
    return this.#names.text(this.#nameAt.get(index), this.#nameLength.get(index));
  }

  /** The directory that an entry is, or is in; the root is empty. */
  placeName(index: number): string {
    return this.#places[this.#place.get(index)] ?? '';
  }

  place(index: number): number {
    return this.#place.get(index);
  }

  isDirectory(index: number): boolean {
    return isDirectory(this.#mode.get(index));
  }

  mode(index: number): number {
    return this.#mode.get(index);
  }

  size(index: number): number {
    return this.#size.get(index);
  }

  flags(index: number): number {
    return this.#flags.get(index);
  }

  addFlags(index: number, flags: number): void {
    this.#flags.set(index, this.#flags.get(index) | flags);
  }

  group(index: number): number {
    return (this.#group?.get(index) ?? 0) - 1;
  }

  setGroup(index: number, first: number): void {
    (this.#group ??= int32()).set(index, first + 1);
  }

  /** The number of the set of extended attributes; -1: none is known (`-X` was not given). */
  xattrs(index: number): number {
    return (this.#xattrs?.get(index) ?? 0) - 1;
  }

  setXattrs(index: number, set: number): void {
    (this.#xattrs ??= uint32()).set(index, set + 1);
  }

  /** Gives numbers of owners another meaning (match_uid, uidlist.c). */
  setOwner(index: number, uid: number, gid: number): void {
    this.#uid.set(index, uid);
    this.#gid.set(index, gid);
  }

  /** Whether the list has a directory of that name. */
  hasDirectory(name: string): boolean {
    const number = this.#placeNumbers.get(withoutDot(name));
    return number !== undefined && this.#listed.has(number);
  }

  /** The order of the last names of two entries in one place; a directory is before what is in it. */
  compareLeaves(a: number, b: number): number {
    return this.#names.compare(
      this.#nameAt.get(a),
      this.#nameLength.get(a),
      this.#nameAt.get(b),
      this.#nameLength.get(b),
    );
  }

  #isLink(mode: number): boolean {
    return (mode & 0o170000) === 0o120000;
  }

  #setExtra(index: number, { target, checksum }: Entry): void {
    const length = target?.length ?? checksum?.length ?? 0;
    if (length === 0) return;
    this.#extraAt ??= uint32();
    this.#extraLength ??= uint16();
    this.#extraAt.set(
      index,
      target === undefined ? this.#names.addBytes(checksum ?? new Uint8Array()) : this.#names.addText(target),
    );
    this.#extraLength.set(index, length);
  }

  #numberOf(place: string): number {
    if (this.#places.at(-1) === place) return this.#places.length - 1;
    const known = this.#placeNumbers.get(place);
    if (known !== undefined) return known;
    const number = this.#places.push(place) - 1;
    this.#placeNumbers.set(place, number);
    return number;
  }
}

function withoutDot(name: string): string {
  return name === '.' ? '' : name;
}
