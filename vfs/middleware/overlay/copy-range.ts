import type { CallContext, Handle } from '../../backend.ts';
import { checkCopyRange, CHUNK_SIZE, copyCase, type CopyRange } from '../../backends/shared/index.ts';
import { withoutZeros } from './copy-up.ts';
import { needContent } from './open-files.ts';
import {
  hasContentBelow,
  lowerOf,
  readableNode,
  statsOfNode,
  writableNode,
  type OpenNode,
} from './open-node.ts';
import { touch } from './stats.ts';
import type { Store } from './store.ts';

/** Copies inside the upper store; what the lower one has is brought there first, beside the file, so that the copy is one step. */
export async function copyRange(
  store: Store,
  from: Handle,
  fromPosition: number,
  length: number,
  to: Handle,
  toPosition: number,
  ctx: CallContext,
): Promise<number> {
  const target = writableNode(store, to);
  const source = readableNode(store, from);
  const asked = checkCopyRange(fromPosition, length, toPosition);
  const { size } = await store.looking(ctx, () => statsOfNode(store, source, ctx));
  const range = copyCase(asked, size, source === target, ctx.limits);
  if (range === undefined) return 0;
  const into = await needContent(store, target, ctx);
  if (hasContentBelow(source)) {
    const done = await store.changing(ctx, () => copyFromLower(store, source, target, range, ctx));
    if (done !== undefined) return done;
  }
  return store.looking(ctx, async () => {
    const within = await store.accounts.within(ctx);
    const upper = source.upper as Handle;
    const count = await store.upper.copyRange(upper, fromPosition, length, into, toPosition, within);
    touch(target.origin);
    return count;
  });
}

async function copyFromLower(
  store: Store,
  source: OpenNode,
  target: OpenNode,
  range: CopyRange,
  ctx: CallContext,
): Promise<number | undefined> {
  // Somebody may have copied all of it meanwhile.
  if (!hasContentBelow(source)) return undefined;
  const { upper } = store;
  const draft = store.work();
  const copy = await upper.open(draft, { access: 'rw', create: 'exclusive' }, 0, {});
  try {
    await bring(store, source, copy, range, ctx);
    const { used } = await upper.fstat(copy, {});
    const within = await store.accounts.within(ctx, used);
    const { fromPosition, length, toPosition } = range;
    const count = await upper.copyRange(
      copy,
      fromPosition,
      length,
      target.upper as Handle,
      toPosition,
      within,
    );
    touch(target.origin);
    return count;
  } finally {
    await upper.close(copy, {});
    await upper.unlink(draft, {});
  }
}

/** The range of a file of the lower store at the same place of another one, a chunk at a time, so that holes stay. */
async function bring(
  store: Store,
  source: OpenNode,
  to: Handle,
  { fromPosition, length }: CopyRange,
  ctx: CallContext,
): Promise<void> {
  const end = fromPosition + length;
  for (let at = fromPosition; at < end;) {
    const next = Math.min(end, (Math.floor(at / CHUNK_SIZE) + 1) * CHUNK_SIZE);
    const bytes = withoutZeros(await store.lower.read(lowerOf(source), at, next - at, ctx));
    if (bytes.length > 0) await store.upper.write(to, at, bytes, {});
    at = next;
  }
  await store.upper.fsetstat(to, { size: end }, {});
}
