import { ROOT_INODE, type Resolution } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { checkName, join, ROOT, type VfsPath } from '../../path.ts';
import { resolveDirectly, type DirectLookups } from '../../resolve.ts';

import type { Stats } from '../../stats.ts';
import { statsOf, type DirectoryNode, type Node, type SymlinkNode } from './node.ts';
import { entryIn, type Store } from './store.ts';

export function resolve(store: Store, path: VfsPath, last: 'follow' | 'keep'): Resolution {
  const lookups: DirectLookups = {
    statInode: (inode) => statsOf(store.node(inode)),
    child: (inode, name) => childStats(store.node(inode) as DirectoryNode, name),
    target: (inode) => (store.node(inode) as SymlinkNode).target,
  };
  return resolveDirectly(lookups, ROOT_INODE, path, last);
}

function childStats(directory: DirectoryNode, name: string): Stats | undefined {
  const entry = directory.entries.get(name);
  return entry === undefined ? undefined : statsOf(entry.node);
}

export function lookup(store: Store, parentInode: number, name: string): Stats {
  const parent = store.node(parentInode);
  if (parent.type !== 'directory') throw new VfsError('ENOTDIR');
  return statsOf(entryIn(parent, checkName(name)).node);
}

export function statInode(store: Store, inode: number): Stats {
  return statsOf(store.node(inode));
}

export function pathToInode(store: Store, path: VfsPath): number {
  return store.find(path).inode;
}

export function inodeToPath(store: Store, inode: number): VfsPath {
  return pathOf(store.node(inode));
}

function pathOf(node: Node): VfsPath {
  if (node.inode === ROOT_INODE) return ROOT;
  const [entry] = node.names;
  if (entry === undefined) throw new VfsError('ESTALE');
  return join(pathOf(entry.directory), entry.name);
}
