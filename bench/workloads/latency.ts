import { setTimeout as delay } from 'node:timers/promises';
import { userOf, type RunningPeer } from '../peer.ts';
import type { Inputs, Outcome, Workload } from '../workload.ts';

/** A removal may go on after it was answered. */
const AFTERMATH_MILLISECONDS = 2000;

/** How long one session waits for a `stat` while another puts a large file and a third removes a larger one: the 99th percentile. */
export function latency(inputs: Inputs): Workload {
  return whileOthersWork(inputs, 'latency', 'stat beside other users', 3);
}

/** The same with all three sessions on one user. */
export function latencyOneUser(inputs: Inputs): Workload {
  return whileOthersWork(inputs, 'latency-one-user', 'stat beside oneself', 1);
}

function whileOthersWork(inputs: Inputs, name: string, stepName: string, users: number): Workload {
  const cipher = inputs.ciphers[0];
  const [watcher, putter, remover] = [0, 1, 2] as const;
  const place = (peer: RunningPeer, number: number, file: string) => {
    const target = userOf(peer, number % users);
    return { target, path: `${target.directory}/${file}` };
  };
  const put = async (peer: RunningPeer, number: number, file: string, size: number): Promise<void> => {
    const { target, path } = place(peer, number, file);
    await inputs.driver(number).run(target, cipher, { kind: 'put', path, size });
  };
  return {
    name,
    setUp: (peer) => put(peer, watcher, 'watched', 1),
    steps: [
      {
        name: stepName,
        bytes: 0,
        count: 1,
        unit: 'ms',
        async begin(peer) {
          await put(peer, remover, 'removed', inputs.removed);
          const begin = (number: number, file: string, kind: 'watch' | 'put' | 'remove') => {
            const { target, path } = place(peer, number, file);
            const job = kind === 'put' ? { kind, path, size: inputs.size } : { kind, path };
            return inputs.driver(number).begin(target, cipher, job);
          };
          const watch = await begin(watcher, 'watched', 'watch');
          const others = [await begin(putter, 'large', 'put'), await begin(remover, 'removed', 'remove')];
          return async (): Promise<Outcome | void> => {
            const watched = watch();
            try {
              await Promise.all(others.map((run) => run()));
              await delay(AFTERMATH_MILLISECONDS);
            } finally {
              inputs.driver(watcher).enough();
            }
            return watched;
          };
        },
      },
    ],
    async cleanUp(peer) {
      const { target, path } = place(peer, putter, 'large');
      await inputs.driver(putter).run(target, cipher, { kind: 'remove', path });
    },
  };
}
