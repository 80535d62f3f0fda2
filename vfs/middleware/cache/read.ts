import type { Call } from '../../layer.ts';
import type { Stats } from '../../stats.ts';
import { BLOCK, inodeKey } from './kept.ts';
import { sharedContext, statsOfFile, type State } from './state.ts';

type Read = Call<'read'>;

/** A read of more blocks goes to the storage whole, and leaves the cache to others. */
const BLOCKS_MAX = 64;

/** A read through blocks: those that are missing and stand side by side are asked for in one call, which all wait for who want them. */
export async function read(state: State, call: Read): Promise<Uint8Array> {
  const [handle, position, length] = call.args;
  const isUsual =
    Number.isSafeInteger(position) && Number.isSafeInteger(length) && position >= 0 && length > 0;
  const first = Math.floor(position / BLOCK);
  const last = Math.floor((position + length - 1) / BLOCK);
  if (!isUsual || last - first >= BLOCKS_MAX || state.files.get(handle)?.access === 'w')
    return state.next(call);
  const stats = await statsOfFile(state, handle, call.ctx);
  if (stats?.type !== 'file') return state.next(call);
  return state.changes.while(async ({ isSteady }) => {
    const blocks = await blocksOf(state, call, stats, first, last);
    // Blocks from before and after a write do not go together.
    return isSteady(inodeKey(stats.inode)) ? joined(blocks, first, position, length) : state.next(call);
  });
}

async function blocksOf(
  state: State,
  call: Read,
  { inode }: Stats,
  first: number,
  last: number,
): Promise<Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  for (let index = first; index <= last; index++) {
    const known = state.kept.block(inode, index);
    if (known === undefined) {
      const end = endOfMissing(state, inode, index, last);
      blocks.push(...(await ask(state, call, inode, index, end)));
      index = end;
    } else blocks.push(known);
    // The file ends here.
    if ((blocks.at(-1)?.length ?? 0) < BLOCK) break;
  }
  return blocks;
}

function endOfMissing(state: State, inode: number, from: number, last: number): number {
  let end = from;
  while (end < last && state.kept.block(inode, end + 1) === undefined) end++;
  return end;
}

function ask(state: State, call: Read, inode: number, first: number, last: number): Promise<Uint8Array[]> {
  const { next, misses, changes, kept } = state;
  const [handle] = call.args;
  const args = [handle, first * BLOCK, (last - first + 1) * BLOCK] as const;
  return misses.once('read', `${inode} ${first} ${last}`, call.ctx.signal, () =>
    changes.while(async ({ isSteady }) => {
      const bytes = await next({ op: 'read', args: [...args], ctx: sharedContext(call.ctx) });
      const blocks = Array.from({ length: last - first + 1 }, (_, index) =>
        // A copy, so that one block does not hold the memory of all.
        bytes.slice(index * BLOCK, (index + 1) * BLOCK),
      );
      if (isSteady(inodeKey(inode)))
        for (const [index, block] of blocks.entries()) kept.keepBlock(inode, first + index, block);
      return blocks;
    }),
  );
}

function joined(blocks: readonly Uint8Array[], first: number, position: number, length: number): Uint8Array {
  const start = position - first * BLOCK;
  const total = blocks.reduce((sum, block) => sum + block.length, 0);
  const bytes = new Uint8Array(Math.max(0, Math.min(length, total - start)));
  let at = -start;
  for (const block of blocks) {
    const from = Math.max(0, -at);
    const part = block.subarray(from, Math.max(from, Math.min(block.length, bytes.length - at)));
    if (part.length > 0) bytes.set(part, Math.max(0, at));
    at += block.length;
  }
  return bytes;
}
