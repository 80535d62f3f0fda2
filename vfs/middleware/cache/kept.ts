import { LRUCache } from 'lru-cache';
import { CHUNK_SIZE } from '../../backends/shared/index.ts';
import { isInside, join, type VfsPath } from '../../path.ts';
import type { DirectoryEntry, Stats } from '../../stats.ts';

/** Bytes of a block: what a store keeps together. */
export const BLOCK = CHUNK_SIZE;
/** What an entry takes beside its text and bytes, roughly: its attributes, and its place in the cache. */
const ENTRY_BYTES = 500;
/** lru-cache takes a beginning of 0 for none. */
const NEVER_ZERO = 1;
/** Names that are known to be missing: of so many bytes of the whole one, and so many, since making a name looks at all of them. */
const MISSING_SHARE = 8;
const MISSING_MAX = 4096;
const MISSING_BYTES = 200;
/** What a page takes beside its entries, and an entry beside its name. */
const PAGE_BYTES = 100;
const PAGE_ENTRY_BYTES = 50;

/** What a name leads to. The attributes of a directory are kept by its one name, those of all else by their inode. */
interface Name {
  readonly inode: number;
  readonly directory: Stats | undefined;
  /** Of a symlink, once it was read. */
  readonly target?: string | undefined;
}

type Page = readonly { readonly name: string; readonly inode: number }[];

type Value = Name | Stats | Uint8Array | Map<string, Page>;

export interface KeptOptions {
  readonly bytes: number;
  /** Milliseconds. */
  readonly timeToLive: number | undefined;
  readonly now: () => number;
}

/** Everything that is cached, in one list by use with one ceiling of bytes. */
export class Kept {
  readonly #values: LRUCache<string, Value>;
  readonly #missing: LRUCache<VfsPath, true>;
  /** Which blocks of a file are there. */
  readonly #blocks = new Map<number, Set<number>>();

  constructor({ bytes, timeToLive, now }: KeptOptions) {
    // Without a timer: age is looked at when something is asked for.
    const ages =
      timeToLive === undefined
        ? {}
        : { ttl: timeToLive, ttlResolution: 0, perf: { now: () => now() + NEVER_ZERO } };
    const forMissing = Math.ceil(bytes / MISSING_SHARE);
    const forValues = Math.max(1, bytes - forMissing);
    this.#values = new LRUCache({
      maxSize: forValues,
      maxEntrySize: forValues,
      sizeCalculation: (value, key) => sizeOf(value) + 2 * key.length,
      dispose: (value, key, reason) => {
        if (reason !== 'set') this.#disposed(value, key);
      },
      ...ages,
    });
    this.#missing = new LRUCache({
      max: MISSING_MAX,
      maxSize: forMissing,
      sizeCalculation: (_, path) => MISSING_BYTES + 2 * path.length,
      ...ages,
    });
  }

  statsAt(path: VfsPath): Stats | undefined {
    const name = this.#nameAt(path);
    return name && (name.directory ?? this.statsOf(name.inode));
  }

  isMissing(path: VfsPath): boolean {
    return this.#missing.get(path) === true;
  }

  targetAt(path: VfsPath): string | undefined {
    return this.#nameAt(path)?.target;
  }

  /** Of what is no directory. */
  statsOf(inode: number): Stats | undefined {
    return this.#values.get(inodeKey(inode)) as Stats | undefined;
  }

  keepMissing(path: VfsPath): void {
    this.#missing.set(path, true);
  }

  /** A symlink's target stays with the name as long as that is known, and no longer. */
  keepName(path: VfsPath, stats: Stats): void {
    const known = this.#nameAt(path);
    const target = known?.inode === stats.inode ? known.target : undefined;
    const directory = stats.type === 'directory' ? stats : undefined;
    const name = { inode: stats.inode, directory, target };
    this.#values.set(nameKey(path), name, { noUpdateTTL: target !== undefined });
  }

  /** Of a symlink whose name is known. */
  keepTarget(path: VfsPath, target: string): void {
    const known = this.#nameAt(path);
    if (known !== undefined) this.#values.set(nameKey(path), { ...known, target }, { noUpdateTTL: true });
  }

  /** Of what is no directory. */
  keepStats(stats: Stats): void {
    this.#values.set(inodeKey(stats.inode), stats);
  }

  page(path: VfsPath, key: string): DirectoryEntry[] | undefined {
    const page = (this.#values.get(listKey(path)) as Map<string, Page> | undefined)?.get(key);
    if (page === undefined) return undefined;
    const entries: DirectoryEntry[] = [];
    for (const { name, inode } of page) {
      const stats = this.statsAt(join(path, name));
      if (stats?.inode !== inode) return undefined;
      entries.push({ name, stats });
    }
    return entries;
  }

  keepPage(path: VfsPath, key: string, entries: readonly DirectoryEntry[]): void {
    const pages = new Map((this.#values.get(listKey(path)) as Map<string, Page> | undefined) ?? []);
    pages.set(
      key,
      entries.map(({ name, stats }) => ({ name, inode: stats.inode })),
    );
    // All are as old as the first one.
    this.#values.set(listKey(path), pages, { noUpdateTTL: true });
  }

  block(inode: number, index: number): Uint8Array | undefined {
    return this.#values.get(blockKey(inode, index)) as Uint8Array | undefined;
  }

  keepBlock(inode: number, index: number, bytes: Uint8Array): void {
    const blocks = this.#blocks.get(inode) ?? new Set<number>();
    this.#blocks.set(inode, blocks.add(index));
    this.#values.set(blockKey(inode, index), bytes);
    // Too large for the whole cache.
    if (!this.#values.has(blockKey(inode, index))) this.#forgetIndex(inode, index);
  }

  /** A name is another's, or nobody's; what is in the directory above has changed as well, by its key. */
  forgetName(path: VfsPath): void {
    this.#values.delete(nameKey(path));
    this.#values.delete(listKey(path));
    this.#missing.delete(path);
  }

  /** Of a directory its attributes go with its name; what it holds stays. */
  forgetAttributes(path: VfsPath): void {
    this.#values.delete(nameKey(path));
  }

  /** Something that is no directory has come to a name: what is below is missing in another way. */
  forgetMissingBelow(path: VfsPath): void {
    for (const missing of this.#missing.keys()) if (isInside(missing, path)) this.#missing.delete(missing);
  }

  /** A directory has gone elsewhere with all that is in it. */
  forgetNames(): void {
    this.#missing.clear();
    for (const key of this.#values.keys())
      if (key.startsWith('/') || key.startsWith('l')) this.#values.delete(key);
  }

  forgetStats(inode: number): void {
    this.#values.delete(inodeKey(inode));
  }

  /** All blocks, or those of a range and the last one, which tells where the file ends. */
  forgetBlocks(inode: number, from = 0, to = Number.POSITIVE_INFINITY): void {
    for (const index of this.#blocks.get(inode) ?? []) {
      const isTouched = index * BLOCK < to && (index + 1) * BLOCK > from;
      if (isTouched || (this.block(inode, index)?.length ?? 0) < BLOCK)
        this.#values.delete(blockKey(inode, index));
    }
  }

  forgetAll(): void {
    this.#values.clear();
    this.#missing.clear();
  }

  #nameAt(path: VfsPath): Name | undefined {
    return this.#values.get(nameKey(path)) as Name | undefined;
  }

  #disposed(value: Value, key: string): void {
    if (!(value instanceof Uint8Array)) return;
    const [inode, index] = key.slice(1).split(':').map(Number);
    this.#forgetIndex(inode as number, index as number);
  }

  #forgetIndex(inode: number, index: number): void {
    const blocks = this.#blocks.get(inode);
    blocks?.delete(index);
    if (blocks?.size === 0) this.#blocks.delete(inode);
  }
}

/** The keys by which changes are told: of a name, and of an inode that is no directory. */
export const nameKey = (path: VfsPath): string => path;
export const inodeKey = (inode: number): string => `i${inode}`;
const listKey = (path: VfsPath): string => `l${path}`;
const blockKey = (inode: number, index: number): string => `b${inode}:${index}`;

function sizeOf(value: Value): number {
  if (value instanceof Uint8Array) return value.length + ENTRY_BYTES;
  if (!(value instanceof Map)) return ENTRY_BYTES + 2 * (targetOf(value)?.length ?? 0);
  let bytes = ENTRY_BYTES;
  for (const [key, page] of value) {
    bytes += PAGE_BYTES + 2 * key.length;
    for (const { name } of page) bytes += PAGE_ENTRY_BYTES + 2 * name.length;
  }
  return bytes;
}

function targetOf(value: Name | Stats): string | undefined {
  return 'target' in value ? value.target : undefined;
}
