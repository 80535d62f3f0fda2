import type { BigIntStats } from 'node:fs';
import { lstat, type FileHandle } from 'node:fs/promises';
import type { Capabilities } from '../../capabilities.ts';
import { statWhole, type Listings, type OpenFiles } from '../shared/foreign/index.ts';
import type { Directory } from './directory.ts';
import type { DirectoryTree } from './directory-tree.ts';
import { keyOf, notServed, typeOf } from './host-stats.ts';

/** What the operations of a host backend work with. */
export interface Host extends OpenFiles<FileHandle> {
  readonly capabilities: Capabilities;
  readonly tree: DirectoryTree;
  readonly listings: Listings;
  /** `kept`: what is made belongs to whom the call says. `host`: to the user of this process, and stays so. */
  readonly owners: 'kept' | 'host';
}

/** Attributes of an entry that is served, and not from the middle of a change. `ENOENT`; `EACCES` for what is not served. */
export async function statEntry(
  host: Host,
  directory: Directory,
  name: string,
  signal: AbortSignal | undefined,
): Promise<BigIntStats> {
  const entry = directory.entry(name);
  return checkServed(
    host,
    await statWhole(host.contents, () => lstat(entry, { bigint: true }), keyOf, signal),
  );
}

/** Throws `EACCES` for what is no file, directory or symlink of this storage. */
export function checkServed(host: Host, stats: BigIntStats): BigIntStats {
  if (isServed(host, stats)) return stats;
  throw notServed();
}

export function isServed({ tree }: Host, stats: BigIntStats): boolean {
  const type = typeOf(stats);
  return type === 'directory' ? tree.isOnDevice(stats.dev) : type !== undefined;
}
