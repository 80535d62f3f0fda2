import type { CallContext, VfsBackend } from '../../backend.ts';
import type { VfsPath } from '../../path.ts';
import { storageSink, type StorageSinkOptions } from '../storage-tree.ts';
import { transfer, type TransferCounts, type TransferOptions } from '../transfer.ts';
import { hostPath, type HostPath } from './host-path.ts';
import { hostSource, type Exclude } from './host-source.ts';

export interface ImportOptions extends TransferOptions, StorageSinkOptions {
  /** What to leave out, a directory with all that is in it. */
  readonly exclude?: Exclude | undefined;
}

/**
 * Copies a file or a tree of the host into a storage, as `transfer` does: modes and times to the nanosecond, symlinks as
 * they are. What fails on the host's side is Node's error.
 */
export function importTree(
  storage: VfsBackend,
  source: HostPath,
  target: VfsPath,
  options: ImportOptions = {},
  ctx: CallContext = {},
): Promise<TransferCounts> {
  const sink = storageSink(storage, options, ctx);
  return transfer(hostSource(options.exclude), hostPath(source), sink, target, options);
}
