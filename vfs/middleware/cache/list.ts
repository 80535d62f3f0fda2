import type { Call } from '../../layer.ts';
import { join } from '../../path.ts';
import type { DirectoryEntry } from '../../stats.ts';
import { nameKey } from './kept.ts';
import { keepAt, keysOf, sharedContext, type State } from './state.ts';

/** A page is known as long as all attributes in it are. */
export async function readdir(
  { next, kept, misses, changes }: State,
  call: Call<'readdir'>,
): Promise<DirectoryEntry[]> {
  const [path, { after, limit }] = call.args;
  const key = `${limit} ${after ?? ''}`;
  const known = kept.page(path, key);
  if (known !== undefined) return known;
  const entries = await misses.once('readdir', `${path} ${key}`, call.ctx.signal, () =>
    changes.while(async ({ isSteady }) => {
      const listed = await next({ ...call, ctx: sharedContext(call.ctx) });
      if (isSteady(nameKey(path))) kept.keepPage(path, key, listed);
      for (const { name, stats } of listed) {
        const child = join(path, name);
        if (isSteady(...keysOf(child, stats))) keepAt(kept, child, stats);
      }
      return listed;
    }),
  );
  return [...entries];
}
