import type { Logger } from '../server/log.ts';

/** A process in an unknown state gets so long to bring its storages to a close. */
const CLOSE_MILLISECONDS_MAX = 5000;

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Ends the process with code 1 after an error that nothing has caught, which is a bug of ours: it is logged, and what
 * was acknowledged is brought to safety as far as possible. Answers how to take the guard away.
 */
export function guardAgainstCrashes(log: Logger, close: () => Promise<void>): () => void {
  let crashed = false;
  const crash = (cause: unknown): void => {
    log.error('an error that nothing has caught; the server ends', { error: cause });
    if (crashed) return;
    crashed = true;
    // Kept running on purpose: it ends the process even where closing hangs.
    setTimeout(() => process.exit(1), CLOSE_MILLISECONDS_MAX);
    void closeAndExit(close);
  };
  for (const event of EVENTS) process.on(event, crash);
  return () => {
    for (const event of EVENTS) process.off(event, crash);
  };
}

async function closeAndExit(close: () => Promise<void>): Promise<never> {
  try {
    await close();
  } finally {
    process.exit(1);
  }
}
