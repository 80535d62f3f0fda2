import { userOf } from '../peer.ts';
import { median } from '../statistics.ts';
import type { Inputs, Workload } from '../workload.ts';
import { openShell } from './shell-session.ts';

const TIMES = 5;

/** From the login until the shell has answered a first command, by `ssh -tt`. */
export function shell(_inputs: Inputs): Workload {
  return {
    name: 'shell',
    steps: [
      {
        name: 'shell ready',
        bytes: 0,
        count: 1,
        unit: 'ms',
        needs: 'shell',
        begin: async (peer) => async () => {
          const times: number[] = [];
          for (let time = 0; time < TIMES; time++) {
            const session = await openShell(userOf(peer, 0));
            times.push(session.milliseconds);
            await session.close();
          }
          return { value: median(times), figures: { 'max ms': Math.max(...times) } };
        },
      },
    ],
  };
}
