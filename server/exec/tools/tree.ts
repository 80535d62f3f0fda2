import { childOf, entriesOf } from '../../../vfs/extensions/entries.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import type { Stats } from '../../../vfs/stats.ts';
import { quoted } from './quoted.ts';
import type { Run } from './tool.ts';

/** Something met on the way through a tree. */
export interface Met {
  readonly path: VfsPath;
  /** As the command line would have it. */
  readonly name: string;
  readonly stats: Stats;
  /** 0: the operand itself. */
  readonly depth: number;
}

export interface TreeOrder {
  /** A directory after what it holds. Default: before. */
  readonly after?: boolean | undefined;
  /** Whether a directory's entries are met at all. Default: yes. */
  readonly enters?: ((met: Met) => boolean) | undefined;
}

/**
 * What is at a name and everything below it, symlinks themselves. A directory that cannot be listed is complained of.
 * Memory: a page of entries for each level.
 */
export async function* treeOf<N extends string>(
  run: Run<N>,
  met: Met,
  order: TreeOrder = {},
): AsyncGenerator<Met> {
  run.context.signal.throwIfAborted();
  if (order.after !== true) yield met;
  if (met.stats.type === 'directory' && order.enters?.(met) !== false) yield* below(run, met, order);
  if (order.after === true) yield met;
}

async function* below<N extends string>(run: Run<N>, met: Met, order: TreeOrder): AsyncGenerator<Met> {
  const entries = entriesOf(run.storage, met.path, run.ctx);
  for (;;) {
    let next: Awaited<ReturnType<typeof entries.next>> | undefined;
    await run.attempt(`cannot read directory ${quoted(met.name)}`, async () => {
      next = await entries.next();
    });
    if (next === undefined || next.done === true) return;
    const { name, stats } = next.value;
    const child = { path: childOf(met.path, name), name: childOf(met.name as VfsPath, name), stats };
    yield* treeOf(run, { ...child, depth: met.depth + 1 }, order);
  }
}
