import { sftp } from '../client.ts';
import { userOf } from '../peer.ts';
import type { Inputs, Workload } from '../workload.ts';

/** Logins at once. */
const AT_ONCE = 4;

/** A session that asks one thing and leaves: what login costs in numbers of whole sessions. */
export function login({ ciphers }: Inputs): Workload {
  return {
    name: 'login',
    steps: [
      {
        name: 'login',
        bytes: 0,
        count: 1,
        unit: 's',
        async begin(peer) {
          return () => sftp(userOf(peer, 0), ['pwd'], ciphers[0]);
        },
      },
    ],
  };
}

/** Many of those, a few at once. The clients exchange keys too, so their share of the time is about as large. */
export function logins({ logins: count, ciphers }: Inputs): Workload {
  return {
    name: 'logins',
    steps: [
      {
        name: 'logins',
        bytes: 0,
        count,
        unit: 's',
        async begin(peer) {
          let next = 0;
          const lane = async (): Promise<void> => {
            for (let number = next++; number < count; number = next++) {
              await sftp(userOf(peer, number), ['pwd'], ciphers[0]);
            }
          };
          return async () => void (await Promise.all(Array.from({ length: AT_ONCE }, lane)));
        },
      },
    ],
  };
}
