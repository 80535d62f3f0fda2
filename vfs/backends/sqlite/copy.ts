import type { Database } from 'better-sqlite3';

/** Copied at a stretch; then the thread is left to others. */
const PAGES_A_STEP = 128;

/**
 * Copies an open database to a file, in which it is as it was at one moment near the end. SQLite copies nothing while a transaction
 * is open: `settle` ends it, and keeps others from beginning one in the same turn of the event loop. Rejects where `signal` aborts.
 */
export async function copyDatabase(
  db: Database,
  file: string,
  settle: () => void,
  signal: AbortSignal,
): Promise<void> {
  let copied = 0;
  while (copied === 0) {
    signal.throwIfAborted();
    let begun = false;
    // Nobody tells when better-sqlite3 is about to make its first step.
    const settleEachTurn = (): void => {
      if (begun) return;
      settle();
      setImmediate(settleEachTurn);
    };
    settleEachTurn();
    const progress = (): number => {
      begun = true;
      signal.throwIfAborted();
      // Runs right before the next step, which is the next thing that better-sqlite3 asks for.
      setImmediate(settle);
      return PAGES_A_STEP;
    };
    // No pages where a transaction was open at the first step.
    const { totalPages } = await db.backup(file, { progress }).finally(() => (begun = true));
    copied = totalPages;
  }
}
