import type { Timestamp } from '../../stats.ts';
import type { DirectoryNode, Entry, Node } from './node.ts';

/** Gives a node a name that is free, and moves the times that it moves. */
export function addEntry(directory: DirectoryNode, name: string, node: Node, now: Timestamp): void {
  const entry: Entry = { directory, name, node };
  directory.entries.set(name, entry);
  directory.sorted.add(name);
  if (node.type === 'directory') directory.subdirectories++;
  node.names.add(entry);
  node.ctime = now;
  touchContent(directory, now);
}

/** Takes a name away; the node stays, whether or not it has another. */
export function removeEntry(entry: Entry, now: Timestamp): void {
  const { directory, name, node } = entry;
  directory.entries.delete(name);
  directory.sorted.delete(name);
  if (node.type === 'directory') directory.subdirectories--;
  node.names.delete(entry);
  node.ctime = now;
  touchContent(directory, now);
}

/** The content of a file or directory has changed. */
export function touchContent(node: Node, now: Timestamp): void {
  node.mtime = now;
  node.ctime = now;
}
