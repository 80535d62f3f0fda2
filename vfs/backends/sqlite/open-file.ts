import type { OpenFlags } from '../../backend.ts';
import type { VfsError } from '../../errors.ts';
import type { Inode } from './inode.ts';

/** A chunk in memory, ahead of its row or a copy of it. */
export interface HeldChunk {
  /** Its first `length` bytes count; the rest is room. */
  bytes: Uint8Array;
  length: number;
  dirty: boolean;
  /** Its length in its row; 0 where it has none. */
  stored: number;
  /** Bytes written since it is as its row. */
  changed: number;
}

/** What is in memory of a file that is open: one for all its handles, in all sessions. */
export interface OpenContent {
  readonly inode: Inode;
  /** By chunk index, least recently written first. */
  readonly held: Map<number, HeldChunk>;
  /** The chunk that was read last, as it is stored. */
  lastRead: { readonly index: number; readonly bytes: Uint8Array } | undefined;
  /** Attributes in memory are ahead of the row. */
  unsaved: boolean;
  /** The inode's creation was lost. */
  gone: boolean;
}

/** One handle. */
export interface OpenFile {
  readonly content: OpenContent;
  readonly access: OpenFlags['access'];
  /** The file was made by this opening, which `close` promises. */
  readonly made: boolean;
  /** Bytes acknowledged by `write` while this was open that were lost; told by every write, fsync and by close. */
  failure: VfsError | undefined;
}

export function openContent(inode: Inode): OpenContent {
  return { inode, held: new Map(), lastRead: undefined, unsaved: false, gone: false };
}
