import type { Resolution } from '../../backend.ts';
import type { Call } from '../../layer.ts';
import { isCanonical, type VfsPath } from '../../path.ts';
import type { Stats } from '../../stats.ts';
import { nameKey, type Kept } from './kept.ts';
import { keepAt, keysOf, sharedContext, upFrom, type State } from './state.ts';

/** Resolves from what is known where no symlink is on the way, else below; what that tells of directories is kept. */
export async function resolve(state: State, call: Call<'resolve'>): Promise<Resolution> {
  const [path, last] = call.args;
  if (!isCanonical(path)) return state.next(call);
  return knownResolution(state.kept, path, last) ?? ask(state, call);
}

function knownResolution(kept: Kept, path: VfsPath, last: 'follow' | 'keep'): Resolution | undefined {
  const [, ...above] = upFrom(path);
  const searched: Stats[] = [];
  for (const directory of above.toReversed()) {
    const stats = kept.statsAt(directory);
    if (stats?.type !== 'directory') return undefined;
    searched.push(stats);
  }
  if (kept.isMissing(path)) return { path, searched };
  const stats = kept.statsAt(path);
  if (stats === undefined || (stats.type === 'symlink' && last === 'follow')) return undefined;
  return { path, stats, searched };
}

function ask({ next, misses, changes, kept }: State, call: Call<'resolve'>): Promise<Resolution> {
  const [path, last] = call.args;
  return misses.once('resolve', `${last} ${path}`, call.ctx.signal, () =>
    changes.while(async ({ isSteady }) => {
      const found = await next({ ...call, ctx: sharedContext(call.ctx) });
      const all = upFrom(path);
      const isPlain = found.path === path && found.searched.length === all.length - 1;
      if (isPlain && isSteady(...all.map(nameKey))) {
        const [, ...above] = all;
        for (const [index, directory] of above.toReversed().entries())
          keepAt(kept, directory, found.searched[index] as Stats);
        if (found.stats === undefined) kept.keepMissing(path);
        else if (isSteady(...keysOf(path, found.stats))) keepAt(kept, path, found.stats);
      }
      return found;
    }),
  );
}
