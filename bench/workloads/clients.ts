import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sftp } from '../client.ts';
import { userOf, type RunningPeer } from '../peer.ts';
import type { Inputs, Step, Workload } from '../workload.ts';
import { makeRandomFile } from './random-file.ts';

/** Several real clients at once, on as many users or all on one, that move one large file's bytes together. */
export function clients(inputs: Inputs): Workload {
  const source = join(inputs.local, 'part');
  const size = Math.ceil(inputs.size / inputs.clients);
  const numbers = Array.from({ length: inputs.clients }, (_, number) => number);
  const together = (peer: RunningPeer, users: number, command: (there: string, number: number) => string) =>
    Promise.all(
      numbers.map((number) => {
        const target = userOf(peer, number % users);
        return sftp(target, [command(`"${target.directory}/part-${number}"`, number)], inputs.ciphers[0]);
      }),
    );
  const copy = (number: number): string => join(inputs.local, `part-${number}`);
  const steps = (users: number): Step[] => {
    const among = users === 1 ? 'one user' : `${users} users`;
    const step = (what: string, run: (peer: RunningPeer) => Promise<unknown>): Step => ({
      name: `${inputs.clients} clients, ${among}, ${what}`,
      bytes: size * inputs.clients,
      count: 1,
      unit: 's',
      begin: async (peer) => async () => void (await run(peer)),
    });
    return [
      step('put', (peer) => together(peer, users, (there) => `put "${source}" ${there}`)),
      {
        ...step('get', (peer) => together(peer, users, (there, number) => `get ${there} "${copy(number)}"`)),
        async verify(peer) {
          for (const number of numbers) await rm(copy(number));
          await together(peer, users, (there) => `rm ${there}`);
        },
      },
    ];
  };
  return {
    name: 'clients',
    prepare: () => makeRandomFile(source, size),
    steps: [...steps(inputs.clients), ...steps(1)],
  };
}
