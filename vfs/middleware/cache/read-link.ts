import type { Call } from '../../layer.ts';
import { nameKey } from './kept.ts';
import { sharedContext, type State } from './state.ts';

/** A symlink keeps its target as long as its name is the same symlink's. */
export async function readlink(
  { next, kept, misses, changes }: State,
  call: Call<'readlink'>,
): Promise<string> {
  const [path] = call.args;
  const known = kept.targetAt(path);
  if (known !== undefined) return known;
  return misses.once('readlink', path, call.ctx.signal, () =>
    changes.while(async ({ isSteady }) => {
      const target = await next({ ...call, ctx: sharedContext(call.ctx) });
      if (isSteady(nameKey(path))) kept.keepTarget(path, target);
      return target;
    }),
  );
}
