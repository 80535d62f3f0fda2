import type { BigIntStats } from 'node:fs';
import { lstat, type FileHandle } from 'node:fs/promises';
import type { Capabilities } from '../../capabilities.ts';
import type { OpenFiles } from '../shared/foreign/index.ts';
import type { Directory, DirectoryTree } from './directory-tree.ts';
import { keyOf, notServed, typeOf } from './host-stats.ts';
import type { Listings } from './listings.ts';

/** What the operations of a host backend work with. */
export interface Host extends OpenFiles<FileHandle> {
  readonly capabilities: Capabilities;
  readonly tree: DirectoryTree;
  readonly listings: Listings;
  /** `kept`: what is made belongs to whom the call says. `host`: to the user of this process, and stays so. */
  readonly owners: 'kept' | 'host';
}

/** A read that meets a change starts over this often; then it waits for the change. */
const READS_WITHOUT_WAITING = 3;

/** Attributes of an entry that is served, and not from the middle of a change. `ENOENT`; `EACCES` for what is not served. */
export async function statEntry(
  host: Host,
  directory: Directory,
  name: string,
  signal: AbortSignal | undefined,
): Promise<BigIntStats> {
  const entry = directory.entry(name);
  return checkServed(host, await statWhole(host, () => lstat(entry, { bigint: true }), signal));
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

/** Attributes as they were between two changes: a change of several steps is not seen half way. */
export async function statWhole(
  { contents }: Host,
  look: () => Promise<BigIntStats>,
  signal: AbortSignal | undefined,
): Promise<BigIntStats> {
  let stats: BigIntStats | undefined;
  for (let attempt = 0; attempt < READS_WITHOUT_WAITING; attempt++) {
    const since = contents.observe();
    try {
      stats = await look();
      if (!contents.mayHaveChanged(keyOf(stats), since)) return stats;
    } finally {
      contents.unobserve();
    }
  }
  const key = keyOf(stats as BigIntStats);
  return contents.during({ key, hold: 'shared' }, signal, look);
}
