import type { Limits, OpName } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import { NAME_MAX } from '../../path.ts';
import type { StorageStats } from '../../stats.ts';
import { formatBytes } from './format-bytes.ts';

/** What a store holds now: `used` bytes in all files, `inodes` without the root. */
export interface Usage {
  readonly used: number;
  readonly inodes: number;
}

/** Inodes that a store can number: 35 bits. */
export const INODES_MAX = 2 ** 35;

/** What the store itself has room for, whatever the limits say. */
export interface Capacity {
  readonly bytes: number;
  readonly inodes: number;
}

/**
 * Throws where `growth` more bytes would pass `limits.bytes` (`EDQUOT`) or the store's room (`ENOSPC`). What does not
 * grow is always allowed, also over a limit that was lowered below what is used.
 */
export function checkGrowth(
  usage: Usage,
  growth: number,
  limits: Limits | undefined,
  capacity: number,
  op?: OpName,
): void {
  if (growth <= 0) return;
  const after = usage.used + growth;
  const limit = limits?.bytes;
  if (limit !== undefined && after > limit) {
    const detail = `quota exceeded: ${formatBytes(usage.used)} used of ${formatBytes(limit)}`;
    throw new VfsError('EDQUOT', { op, detail });
  }
  if (after > capacity) throw new VfsError('ENOSPC', { op });
}

/** Throws where one inode more would pass `limits.inodes` (`EDQUOT`) or the store's room (`ENOSPC`). */
export function checkNewInode(usage: Usage, limits: Limits | undefined, capacity: number, op?: OpName): void {
  const limit = limits?.inodes;
  if (limit !== undefined && usage.inodes + 1 > limit) {
    throw new VfsError('EDQUOT', { op, detail: `quota exceeded: ${usage.inodes} of ${limit} files used` });
  }
  if (usage.inodes + 1 > capacity) throw new VfsError('ENOSPC', { op });
}

/** Throws `EFBIG` where a file would reach past `limits.fileSize` or `fileSizeMax`, the largest file of the store. */
export function checkFileSize(
  end: number,
  limits: Limits | undefined,
  fileSizeMax = Number.MAX_SAFE_INTEGER,
  op?: OpName,
): void {
  const limit = Math.min(limits?.fileSize ?? fileSizeMax, fileSizeMax);
  if (end > limit)
    throw new VfsError('EFBIG', { op, detail: `file too large: the limit is ${formatBytes(limit)}` });
}

/** The answer of `statfs`: the totals are the limits where they are tighter, and no more is free than both leave. */
export function storageStats(usage: Usage, capacity: Capacity, limits: Limits | undefined): StorageStats {
  const bytesTotal = Math.min(capacity.bytes, limits?.bytes ?? capacity.bytes);
  const inodesTotal = Math.min(capacity.inodes, limits?.inodes ?? capacity.inodes);
  return {
    bytesTotal,
    bytesFree: Math.max(0, bytesTotal - usage.used),
    inodesTotal,
    inodesFree: Math.max(0, inodesTotal - usage.inodes),
    nameMax: NAME_MAX,
    readOnly: false,
  };
}
