import { ROOT_INODE, type CallContext } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { nameOf, namesOf, parentOf, ROOT, type VfsPath } from '../../path.ts';
import type { Timestamp } from '../../stats.ts';
import {
  checkNewInode,
  HandleTable,
  INODES_MAX,
  LockTable,
  type Capacity,
  type Clock,
  type Usage,
} from '../shared/index.ts';
import { FileContent } from './file-content.ts';
import {
  usedBy,
  type DirectoryNode,
  type Entry,
  type FileNode,
  type Node,
  type SymlinkNode,
} from './node.ts';
import { SortedNames } from './sorted-names.ts';

/** An open file or directory. */
export interface OpenNode {
  readonly node: FileNode | DirectoryNode;
  readonly access: 'r' | 'w' | 'rw';
}

/** The tree of a memory backend with its counters. Synchronous throughout: what runs to its end is atomic. */
export class Store {
  readonly handles = new HandleTable<OpenNode>();
  readonly locks = new LockTable();
  readonly capacity: Capacity;
  readonly #clock: Clock;
  readonly #nodes = new Map<number, Node>();
  #nextInode = ROOT_INODE;
  #used = 0;

  constructor(capacity: number, clock: Clock) {
    this.capacity = { bytes: capacity, inodes: INODES_MAX };
    this.#clock = clock;
    this.#keep({ ...this.#attributes(0o755, {}), type: 'directory', ...emptyDirectory() });
  }

  now(): Timestamp {
    return this.#clock();
  }

  get usage(): Usage {
    return { used: this.#used, inodes: this.#nodes.size - 1 };
  }

  /** `ESTALE` for an inode that is gone. */
  node(inode: number): Node {
    const node = this.#nodes.get(inode);
    if (node === undefined) throw new VfsError('ESTALE');
    return node;
  }

  /** The directory that holds the last name of `path`. `ENOENT`, `ENOTDIR`, `ELOOP`. */
  directoryOf(path: VfsPath): DirectoryNode {
    let directory = this.node(ROOT_INODE) as DirectoryNode;
    for (const name of namesOf(parentOf(path))) directory = asDirectory(entryIn(directory, name).node);
    return directory;
  }

  /** What has the path. `ENOENT`, `ENOTDIR`, `ELOOP`. */
  find(path: VfsPath): Node {
    if (path === ROOT) return this.node(ROOT_INODE);
    return entryIn(this.directoryOf(path), nameOf(path)).node;
  }

  /** What has the path, if anything; the directories above it must be there. */
  findIfThere(path: VfsPath): Node | undefined {
    if (path === ROOT) return this.node(ROOT_INODE);
    return this.directoryOf(path).entries.get(nameOf(path))?.node;
  }

  makeFile(mode: number, ctx: CallContext): FileNode {
    checkNewInode(this.usage, ctx.limits, this.capacity.inodes);
    return this.#keep({ ...this.#attributes(mode, ctx), type: 'file', content: new FileContent() });
  }

  makeDirectory(mode: number, ctx: CallContext): DirectoryNode {
    checkNewInode(this.usage, ctx.limits, this.capacity.inodes);
    return this.#keep({ ...this.#attributes(mode, ctx), type: 'directory', ...emptyDirectory() });
  }

  makeSymlink(target: string, ctx: CallContext): SymlinkNode {
    checkNewInode(this.usage, ctx.limits, this.capacity.inodes);
    return this.#keep({ ...this.#attributes(0o777, ctx), type: 'symlink', target });
  }

  /** Does what changes a file's content, and keeps the sum. */
  changeContent(file: FileNode, change: (content: FileContent) => void): void {
    this.changeUse(file, () => change(file.content));
  }

  /** Does what changes the bytes that an inode stores, and keeps the sum. */
  changeUse(node: Node, change: () => void): void {
    const before = usedBy(node);
    change();
    this.#used += usedBy(node) - before;
  }

  /** Forgets an inode once it has neither name nor handle. */
  releaseIfGone(node: Node): void {
    if (node.names.size > 0 || node.handles > 0 || node.inode === ROOT_INODE) return;
    this.#nodes.delete(node.inode);
    this.#used -= usedBy(node);
  }

  /** Lets go of everything. */
  clear(): void {
    this.handles.takeAll();
    this.locks.releaseAll();
    this.#nodes.clear();
    this.#used = 0;
  }

  #keep<N extends Node>(node: N): N {
    this.#nodes.set(node.inode, node);
    return node;
  }

  #attributes(mode: number, { owner }: CallContext) {
    const now = this.now();
    const { uid, gid } = owner ?? { uid: 0, gid: 0 };
    const times = { atime: now, mtime: now, ctime: now };
    const names = new Set<Entry>();
    return { inode: this.#nextInode++, mode, uid, gid, ...times, names, handles: 0, xattrs: undefined };
  }
}

function emptyDirectory() {
  return { entries: new Map<string, Entry>(), sorted: new SortedNames(), subdirectories: 0 };
}

/** `ENOENT` where the directory has no such name. */
export function entryIn(directory: DirectoryNode, name: string): Entry {
  const entry = directory.entries.get(name);
  if (entry === undefined) throw new VfsError('ENOENT');
  return entry;
}

/** `ELOOP` for a symlink, `ENOTDIR` for a file. */
export function asDirectory(node: Node): DirectoryNode {
  if (node.type === 'directory') return node;
  throw new VfsError(node.type === 'symlink' ? 'ELOOP' : 'ENOTDIR');
}
