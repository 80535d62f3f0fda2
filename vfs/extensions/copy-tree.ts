import type { CallContext, VfsBackend } from '../backend.ts';
import { VfsError } from '../errors.ts';
import { isInside, type VfsPath } from '../path.ts';
import { storageSink, storageSource, type StorageSinkOptions } from './storage-tree.ts';
import { transfer, type TransferCounts, type TransferOptions } from './transfer.ts';

export interface CopyTreeOptions extends TransferOptions, StorageSinkOptions {
  /** The context of calls on the target; that of the source is the last argument. */
  readonly targetContext?: CallContext | undefined;
}

/**
 * Copies a file or a tree of a storage to a name of the same or another storage, as `transfer` does. Within one storage
 * content is copied by `copyRange`. A directory into itself: `EINVAL`.
 */
export async function copyTree(
  from: VfsBackend,
  source: VfsPath,
  to: VfsBackend,
  target: VfsPath,
  options: CopyTreeOptions = {},
  ctx: CallContext = {},
): Promise<TransferCounts> {
  if (from === to && isInside(target, source) && target !== source) {
    throw new VfsError('EINVAL', { path: source, detail: 'a directory cannot be copied into itself' });
  }
  if (from === to && target === source) {
    throw new VfsError('EINVAL', { path: source, detail: 'source and target are the same' });
  }
  const sink = storageSink(to, options, options.targetContext ?? ctx);
  return transfer(storageSource(from, ctx), source, sink, target, options);
}
