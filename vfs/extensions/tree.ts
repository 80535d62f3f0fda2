import type { FileType, Stats } from '../stats.ts';

/** Attributes that go along. */
export type Kept = Pick<Stats, 'mode' | 'uid' | 'gid' | 'atime' | 'mtime'>;

/** Names and values of extended attributes. */
export type Xattrs = readonly (readonly [name: string, value: Uint8Array])[];

/** What a tree has at a place. */
export interface TreeEntry {
  readonly type: FileType | undefined;
  readonly kept: Kept;
  /** Names a file that has several names. */
  readonly identity: string | undefined;
  /** Why it cannot go along, where it cannot. */
  readonly skipped?: string | undefined;
}

/** A tree to copy from. `P` is a place in it. */
export interface TreeSource<P> {
  look(place: P): Promise<TreeEntry>;
  children(place: P): AsyncIterable<{ readonly name: string; readonly place: P; readonly entry: TreeEntry }>;
  target(place: P): Promise<string>;
  open(place: P): Promise<SourceContent>;
  /** The extended attributes of a file or directory that go along; absent: such a tree has none. */
  xattrs?(place: P): Promise<Xattrs>;
  textOf(place: P): string;
}

export interface SourceContent {
  /** Shorter only at the end. The bytes are the caller's until the next call. */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A tree to copy to. */
export interface TreeSink<P> {
  readonly symlinks: boolean;
  readonly hardLinks: boolean;
  childOf(place: P, name: string): P;
  textOf(place: P): string;
  /** A directory that is there, or a new one that only its owner may enter for now. */
  directory(place: P): Promise<void>;
  /** Makes something under another name, then puts it in its place in one step. */
  replace(place: P, make: (draft: P) => Promise<void>): Promise<void>;
  symlink(target: string, place: P): Promise<void>;
  link(from: P, place: P): Promise<void>;
  create(place: P): Promise<SinkContent>;
  keep(place: P, type: FileType, kept: Kept): Promise<void>;
  /** Gives a file or directory these; absent: such a tree has none. */
  setXattrs?(place: P, xattrs: Xattrs): Promise<void>;
}

export interface SinkContent {
  /** Copies all by itself and answers the bytes, where it can do better than block by block. */
  copyFrom?(source: SourceContent): Promise<number> | undefined;
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** The size, after all bytes that are not zero are written, and what else is kept. */
  finish(size: number, kept: Kept): Promise<void>;
  close(): Promise<void>;
}
