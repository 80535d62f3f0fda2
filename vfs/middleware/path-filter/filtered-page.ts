import { VfsError } from '../../errors.ts';
import type { Call, Next } from '../../layer.ts';
import type { DirectoryEntry } from '../../stats.ts';

/** Entries asked for at least, once a page has had to be filled up. */
const FILL_ENTRIES = 256;

/**
 * A page of the entries that `keeps` is true for: as many as were asked for, or all that are left. Between the pages
 * that it takes from below, others have their turn. `EINTR` when `ctx.signal` aborts.
 */
export async function filteredPage(
  next: Next,
  call: Call<'readdir'>,
  keeps: (entry: DirectoryEntry) => boolean,
): Promise<DirectoryEntry[]> {
  const [path, { limit, after }] = call.args;
  const kept: DirectoryEntry[] = [];
  let page = { after, limit };
  for (;;) {
    const found = await next({ op: 'readdir', args: [path, page], ctx: call.ctx });
    kept.push(...found.filter((entry) => keeps(entry)));
    if (kept.length >= limit || found.length < page.limit) return kept.slice(0, limit);
    page = { after: found.at(-1)?.name, limit: Math.max(limit, FILL_ENTRIES) };
    await nextTurn();
    if (call.ctx.signal?.aborted === true) throw new VfsError('EINTR', { op: 'readdir', path });
  }
}

/** Waits until timers run, which exist wherever this library does. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
