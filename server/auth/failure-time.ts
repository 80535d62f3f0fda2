import { createHmac, randomBytes } from 'node:crypto';

const SHORTEST_MILLISECONDS = 5;
const SPREAD_MILLISECONDS = 4;

/**
 * When to answer a failed login, so that the time tells nothing: at least 5 ms, a fixed bit more by user name (known or
 * not), and doubled until it is in the future, as OpenSSH does (auth2.c, ensure_minimum_time_since).
 */
export function createFailureTimer(
  secret: Uint8Array = randomBytes(32),
): (user: string, begunAt: number) => Promise<void> {
  const shortest = (user: string): number => {
    const fraction = createHmac('sha256', secret).update(user).digest().readUInt32BE(0) / 2 ** 32;
    return SHORTEST_MILLISECONDS + fraction * SPREAD_MILLISECONDS;
  };
  return (user, begunAt) => {
    const elapsed = performance.now() - begunAt;
    let target = shortest(user);
    while (target < elapsed) target *= 2;
    return new Promise((resolve) => setTimeout(resolve, target - elapsed));
  };
}
