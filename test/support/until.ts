import { setTimeout as delay } from 'node:timers/promises';

const POLL_MILLISECONDS = 10;

/** Waits until a condition holds; rejects, naming it, where it does not within the time. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  milliseconds = 20_000,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await delay(POLL_MILLISECONDS);
  }
}
