import { copyFile, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loginOptions, place, runClient, sftp } from '../client.ts';
import { userOf, type RunningPeer } from '../peer.ts';
import type { Inputs, Outcome, Step, Workload } from '../workload.ts';
import { makeRandomFile, sameContent } from './random-file.ts';
import { makeSmallFiles } from './small.ts';

const BLOCK = 4096;
/** One block of so many is another one: 1 %. */
const CHANGED_ONE_IN = 100;

/**
 * The real `rsync` over `ssh`: a large file pushed and pulled, first and then with 1 % of it changed, and many small
 * ones, first and when nothing is to be done. Reports the bytes on the wire as rsync counts them.
 */
export function rsync(inputs: Inputs): Workload {
  const { local, size, files } = inputs;
  const [before, after] = [join(local, 'rsync/before'), join(local, 'rsync/after')];
  const [copy, small] = [join(local, 'rsync/copy'), join(local, 'rsync/small')];
  const there = (peer: RunningPeer, name: string): string => {
    const target = userOf(peer, 0);
    return `${place(target)}:${target.directory}/${name}`;
  };
  const step = (
    name: string,
    shape: Pick<Step, 'bytes' | 'count'>,
    names: (peer: RunningPeer) => readonly [string, string],
    ready: () => Promise<unknown> = async () => {},
  ): Step => ({
    name: `rsync ${name}`,
    ...shape,
    unit: 's',
    needs: 'rsync',
    async begin(peer) {
      await ready();
      return () => run(peer, inputs.ciphers[0], names(peer));
    },
  });
  const large = { bytes: size, count: 1 };
  const many = { bytes: files * BLOCK, count: files };
  return {
    name: 'rsync',
    async prepare() {
      for (const directory of [before, after, copy]) await mkdir(directory, { recursive: true });
      await makeRandomFile(join(before, 'large'), size);
      await makeChanged(join(before, 'large'), join(after, 'large'));
      await makeSmallFiles(small, files);
    },
    steps: [
      step('first push', large, (peer) => [`${before}/`, there(peer, 'large/')]),
      step('delta push', large, (peer) => [`${after}/`, there(peer, 'large/')]),
      {
        ...step(
          'first pull',
          large,
          (peer) => [there(peer, 'large/'), `${copy}/`],
          () => rm(join(copy, 'large'), { force: true }),
        ),
        verify: () => sameContent(join(after, 'large'), join(copy, 'large')),
      },
      {
        ...step(
          'delta pull',
          large,
          (peer) => [there(peer, 'large/'), `${copy}/`],
          () => copyFile(join(before, 'large'), join(copy, 'large')),
        ),
        verify: () => sameContent(join(after, 'large'), join(copy, 'large')),
      },
      step('small push', many, (peer) => [`${small}/`, there(peer, 'small/')]),
      step('small no-op', many, (peer) => [`${small}/`, there(peer, 'small/')]),
    ],
    async cleanUp(peer) {
      const target = userOf(peer, 0);
      const commands = ['large', 'small'].flatMap((name) => [
        `rm "${target.directory}/${name}/"*`,
        `rmdir "${target.directory}/${name}"`,
      ]);
      await sftp(target, commands, inputs.ciphers[0]);
    },
  };
}

/** `-I`: rsync shall not see from size and time that there is nothing to do, where the time is of no meaning. */
async function run(
  peer: RunningPeer,
  cipher: string,
  [from, to]: readonly [string, string],
): Promise<Outcome> {
  const target = userOf(peer, 0);
  const ssh = ['ssh', '-p', String(target.port), ...loginOptions(target, cipher)].join(' ');
  const said = await runClient('rsync', ['-a', '--stats', '-e', ssh, from, to]);
  const bytes = (line: RegExp): number => Number(line.exec(said)?.[1]?.replaceAll(',', '')) / 2 ** 20;
  return {
    figures: {
      'sent MiB': bytes(/^Total bytes sent: ([\d,]+)/m),
      'received MiB': bytes(/^Total bytes received: ([\d,]+)/m),
    },
  };
}

/** A copy in which one block of a hundred differs. Its time is later, so that rsync looks at it. */
export async function makeChanged(source: string, copy: string): Promise<void> {
  await copyFile(source, copy);
  const file = await open(copy, 'r+');
  try {
    const { size } = await file.stat();
    const block = Buffer.alloc(Math.min(BLOCK, size), 'changed');
    for (let at = 0; at < size; at += BLOCK * CHANGED_ONE_IN) {
      await file.write(block, 0, Math.min(BLOCK, size - at), at);
    }
    await file.utimes(new Date(), new Date(Date.now() + 60_000));
  } finally {
    await file.close();
  }
}
