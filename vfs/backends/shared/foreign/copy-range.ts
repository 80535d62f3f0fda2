import type { CallContext, Handle } from '../../../backend.ts';
import type { CopyRange } from '../chunks.ts';
import { checkCopyRange, copyCase } from '../copy-case.ts';
import { isZero } from '../zeros.ts';
import { fill, orCutBack, putAll, reserve, sizeOf } from './content.ts';
import { checkRoomToCount } from './no-accounts.ts';
import { readableFile, writableFile, type ContentHandle, type OpenFiles } from './open-file.ts';

/** Bytes that a copy moves at a time. */
const PIECE = 1 << 20;

export async function copyRange(
  store: OpenFiles<ContentHandle>,
  from: Handle,
  fromPosition: number,
  length: number,
  to: Handle,
  toPosition: number,
  ctx: CallContext,
): Promise<number> {
  const target = writableFile(store, to);
  const source = readableFile(store, from);
  const asked = checkCopyRange(fromPosition, length, toPosition);
  checkRoomToCount(ctx);
  const copy = async (): Promise<number> => {
    const size = await sizeOf(source.handle);
    const range = copyCase(asked, size, source.key === target.key, ctx.limits, store.fileSizeMax);
    if (range === undefined) return 0;
    await copyPieces(source.handle, target.handle, range);
    return range.length;
  };
  const both = (): Promise<number> =>
    store.contents.duringBoth(
      { key: source.key, hold: 'shared' },
      { key: target.key, hold: 'exclusive' },
      ctx.signal,
      copy,
    );
  return source.calls.during(() => target.calls.during(both));
}

/** Zeros beyond the target's end are not written but become a hole. Nobody can be asked for holes, so those of the source are read. */
async function copyPieces(source: ContentHandle, target: ContentHandle, range: CopyRange): Promise<void> {
  const { fromPosition, toPosition, length } = range;
  const size = await sizeOf(target);
  const piece = new Uint8Array(Math.min(PIECE, length));
  await orCutBack(target, size, async () => {
    await reserve(target, size, toPosition + length);
    for (let done = 0; done < length;) {
      const count = await fill(source, piece.subarray(0, length - done), fromPosition + done);
      if (count === 0) break;
      const bytes = piece.subarray(0, count);
      if (toPosition + done < size || !isZero(bytes)) await putAll(target, bytes, toPosition + done);
      done += count;
    }
    if ((await sizeOf(target)) < toPosition + length) await target.truncate(toPosition + length);
  });
}
