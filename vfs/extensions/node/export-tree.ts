import type { CallContext, VfsBackend } from '../../backend.ts';
import type { VfsPath } from '../../path.ts';
import { storageSource } from '../storage-tree.ts';
import { transfer, type TransferCounts, type TransferOptions } from '../transfer.ts';
import { hostPath, type HostPath } from './host-path.ts';
import { hostSink } from './host-sink.ts';

/**
 * Copies a file or a tree of a storage to the host, as `transfer` does: permission bits, times to the microsecond,
 * symlinks as they are; all belongs to whoever runs it, and set-user-id bits are dropped. Nothing is written through a
 * symlink below `target`. What fails on the host's side is Node's error.
 */
export function exportTree(
  storage: VfsBackend,
  source: VfsPath,
  target: HostPath,
  options: TransferOptions = {},
  ctx: CallContext = {},
): Promise<TransferCounts> {
  return transfer(storageSource(storage, ctx), source, hostSink(), hostPath(target), options);
}
