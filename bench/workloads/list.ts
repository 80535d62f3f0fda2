import { sftp } from '../client.ts';
import { userOf, type RunningPeer } from '../peer.ts';
import type { Inputs, Step, Workload } from '../workload.ts';

/** Two directories of empty files, `ls -l` by the real `sftp` and by the scripted client. */
export function list(inputs: Inputs): Workload {
  const sizes = [Math.ceil(inputs.names / 10), inputs.names];
  const cipher = inputs.ciphers[0];
  const place = (peer: RunningPeer, names: number) => {
    const target = userOf(peer, 0);
    return { target, directory: `${target.directory}/names-${names}` };
  };
  const steps = (names: number): Step[] => [
    {
      ...listStep('ls -l', names),
      async begin(peer) {
        const { target, directory } = place(peer, names);
        return () => sftp(target, [`ls -l "${directory}"`], cipher);
      },
    },
    {
      ...listStep('readdir', names),
      begin(peer) {
        const { target, directory } = place(peer, names);
        return inputs.driver().begin(target, cipher, { kind: 'list', directory, names });
      },
    },
  ];
  const each = (what: 'put' | 'remove') => async (peer: RunningPeer) => {
    for (const names of sizes) {
      const { target, directory } = place(peer, names);
      const job = { kind: 'small', what, directory, files: names, size: 0 } as const;
      await inputs.driver().run(target, cipher, job);
      if (what === 'remove') await sftp(target, [`rmdir "${directory}"`], cipher);
    }
  };
  return { name: 'list', setUp: each('put'), steps: sizes.flatMap(steps), tearDown: each('remove') };
}

function listStep(name: string, names: number): Omit<Step, 'begin'> {
  return { name: `${name} ${names}`, bytes: 0, count: names, unit: 's' };
}
