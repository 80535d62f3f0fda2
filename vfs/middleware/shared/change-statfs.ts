import { override, type Layer } from '../../layer.ts';
import type { StorageStats } from '../../stats.ts';

/** A layer that changes what `statfs` says. */
export function changeStatfs(change: (stats: StorageStats) => StorageStats): Layer {
  return override((next) => ({ statfs: async (call) => change(await next(call)) }));
}
