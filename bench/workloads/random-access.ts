import { sftp } from '../client.ts';
import { userOf } from '../peer.ts';
import type { Inputs, Step, Workload } from '../workload.ts';

/** Reads and writes of 4 KiB at random places of a large file, many on their way at once. */
export function randomAccess(inputs: Inputs): Workload {
  const { size, requests: count } = inputs;
  const cipher = inputs.ciphers[0];
  const step = (kind: 'random read' | 'random write'): Step => ({
    name: kind,
    bytes: 0,
    count,
    unit: 's',
    needs: kind === 'random write' ? 'writes at random' : undefined,
    begin(peer) {
      const target = userOf(peer, 0);
      const path = `${target.directory}/random`;
      return inputs.driver().begin(target, cipher, { kind, path, size, count });
    },
  });
  return {
    name: 'random',
    async setUp(peer) {
      const target = userOf(peer, 0);
      await inputs.driver().run(target, cipher, { kind: 'put', path: `${target.directory}/random`, size });
    },
    steps: [step('random read'), step('random write')],
    async tearDown(peer) {
      const target = userOf(peer, 0);
      await sftp(target, [`rm "${target.directory}/random"`], cipher);
    },
  };
}
