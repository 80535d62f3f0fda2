import type { CallContext, Handle } from '../../backend.ts';
import {
  checkCopyRange,
  checkGrowth,
  chunksToCopy,
  copyCase,
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
  const asked = checkCopyRange(fromPosition, length, toPosition);
  const range = copyCase(asked, source.content.size, source === target, ctx.limits);
  if (range === undefined) return 0;
  const { length: copied } = range;
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
