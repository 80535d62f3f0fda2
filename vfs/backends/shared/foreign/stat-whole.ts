import type { ContentLocks } from '../content-locks.ts';

/** A read that meets a change starts over this often; then it waits for the change. */
const READS_WITHOUT_WAITING = 3;

/** Attributes as they were between two changes: a change of several steps is not seen half way. */
export async function statWhole<S>(
  contents: ContentLocks,
  look: () => Promise<S>,
  keyOf: (stats: S) => string,
  signal: AbortSignal | undefined,
): Promise<S> {
  for (let attempt = 1; ; attempt++) {
    const since = contents.observe();
    try {
      const stats = await look();
      const key = keyOf(stats);
      if (!contents.mayHaveChanged(key, since)) return stats;
      if (attempt === READS_WITHOUT_WAITING)
        return await contents.during({ key, hold: 'shared' }, signal, look);
    } finally {
      contents.unobserve();
    }
  }
}
