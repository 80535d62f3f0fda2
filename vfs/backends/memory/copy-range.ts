import type { CallContext, Handle } from '../../backend.ts';
import { VfsError } from '../../errors.ts';
import {
  checkFileSize,
  checkGrowth,
  checkLength,
  checkPosition,
  checkWritePosition,
  chunksToCopy,
  overlaps,
  spanOf,
  type CopyRange,
} from '../shared/index.ts';
import { touchContent } from './entries.ts';
import type { FileContent } from './file-content.ts';
import { readableFile, writableFile } from './operations-on-open-files.ts';
import type { Store } from './store.ts';

/** `VfsOperations.copyRange`: only chunks that hold something on either side are touched, so holes cost no time. */
export function copyRange(
  store: Store,
  from: Handle,
  fromPosition: number,
  length: number,
  to: Handle,
  toPosition: number,
  ctx: CallContext,
): number {
  const target = writableFile(store, to);
  const source = readableFile(store, from);
  checkPosition(fromPosition, 'fromPosition');
  checkLength(length);
  checkWritePosition(toPosition, 'toPosition');
  const copied = Math.min(length, Math.max(0, source.content.size - fromPosition));
  if (copied === 0) return 0;
  const range: CopyRange = { fromPosition, toPosition, length: copied };
  if (source === target && overlaps(range)) throw new VfsError('EINVAL', { detail: 'the ranges overlap' });
  checkFileSize(toPosition + copied, ctx.limits);
  const chunks = chunksOf(source.content, target.content, range);
  const growth = target.content.growth(chunks.map((index) => spanOf(index, toPosition, copied)));
  checkGrowth(store.usage, growth, ctx.limits, store.capacity.bytes);
  store.changeContent(target, (content) => copy(source.content, content, range, chunks));
  touchContent(target, store.now());
  return copied;
}

function chunksOf(source: FileContent, target: FileContent, range: CopyRange): number[] {
  const { fromPosition, toPosition, length } = range;
  return chunksToCopy(range, source.present(fromPosition, length), target.present(toPosition, length));
}

function copy(source: FileContent, target: FileContent, range: CopyRange, chunks: readonly number[]): void {
  const { fromPosition, toPosition, length } = range;
  for (const index of chunks) {
    const { start, end, offset } = spanOf(index, toPosition, length);
    target.write(toPosition + offset, source.read(fromPosition + offset, end - start));
  }
  target.resize(Math.max(target.size, toPosition + length));
}
