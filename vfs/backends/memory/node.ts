import type { DirectoryEntry, FileType, Stats, Timestamp } from '../../stats.ts';
import { byteLength } from '../../names.ts';
import type { FileContent } from './file-content.ts';
import type { SortedNames } from './sorted-names.ts';
import type { Xattrs } from './xattrs.ts';

/** One name in one directory. */
export interface Entry {
  readonly directory: DirectoryNode;
  readonly name: string;
  readonly node: Node;
}

interface NodeBase {
  readonly inode: number;
  mode: number;
  uid: number;
  gid: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
  /** All names of the inode; none for the root, and for what was removed while it is open. */
  readonly names: Set<Entry>;
  /** Handles that name the inode. */
  handles: number;
  /** Absent until there is one. */
  xattrs: Xattrs | undefined;
}

export interface FileNode extends NodeBase {
  readonly type: 'file';
  readonly content: FileContent;
}

export interface DirectoryNode extends NodeBase {
  readonly type: 'directory';
  readonly entries: Map<string, Entry>;
  readonly sorted: SortedNames;
  subdirectories: number;
}

export interface SymlinkNode extends NodeBase {
  readonly type: 'symlink';
  readonly target: string;
}

export type Node = FileNode | DirectoryNode | SymlinkNode;

const SIZES: { readonly [T in FileType]: (node: Node & { readonly type: T }) => number } = {
  file: (node) => node.content.size,
  directory: () => 0,
  symlink: (node) => byteLength(node.target),
};

export function sizeOf(node: Node): number {
  return (SIZES[node.type] as (node: Node) => number)(node);
}

export function statsOf(node: Node): Stats {
  const { inode, type, mode, uid, gid, atime, mtime, ctime } = node;
  const nlink = linksOf(node);
  return { inode, type, mode, nlink, uid, gid, size: sizeOf(node), used: usedBy(node), atime, mtime, ctime };
}

/** Bytes stored of content and extended attributes. */
export function usedBy(node: Node): number {
  return (node.type === 'file' ? node.content.used : 0) + (node.xattrs?.bytes ?? 0);
}

/** A directory's own name, its `.`, and the `..` of each subdirectory; 0 for one that was removed. */
function linksOf(node: Node): number {
  if (node.type !== 'directory') return node.names.size;
  const removed = node.names.size === 0 && node.inode !== 1;
  return removed ? 0 : 2 + node.subdirectories;
}

export function directoryEntryOf({ name, node }: Entry): DirectoryEntry {
  return { name, stats: statsOf(node) };
}
