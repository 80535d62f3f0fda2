import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sftp } from '../client.ts';
import type { SmallJob } from '../driver/jobs.ts';
import { userOf, type RunningPeer } from '../peer.ts';
import type { Inputs, Step, Workload } from '../workload.ts';
import { makeRandomFile, sameContent } from './random-file.ts';

/** Bytes of a small file. */
const SIZE = 4096;

/**
 * Many small files in one directory, each step in one session of the real `sftp`: `put -r`, `get -r`, `rm` with a
 * pattern. It handles one file after the other, so this measures round trips. `put -r` is chosen over a line for each
 * file because that is what people type; a line for each file would add a `stat` of the target to every one.
 */
export function small(inputs: Inputs): Workload {
  const { local, files, ciphers } = inputs;
  const source = join(local, 'small');
  const copy = join(local, 'small-copy');
  const step = (name: string, commands: (directory: string) => string[]): Step => ({
    ...smallStep(inputs, name),
    async begin(peer) {
      const target = userOf(peer, 0);
      return () => sftp(target, commands(target.directory), ciphers[0]);
    },
  });
  return {
    name: 'small',
    prepare: () => makeSmallFiles(source, files),
    steps: [
      step('small put', (directory) => [`put -r "${source}" "${directory}/small"`]),
      {
        ...step('small get', (directory) => [`get -r "${directory}/small" "${copy}"`]),
        async verify() {
          for (const name of await readdir(source)) await sameContent(join(source, name), join(copy, name));
          await rm(copy, { recursive: true });
        },
      },
      step('small remove', (directory) => [`rm "${directory}/small/"*`, `rmdir "${directory}/small"`]),
    ],
  };
}

/** The same by the scripted client, with many files on their way in one session; and what each `stat` costs. */
export function scriptedSmall(inputs: Inputs): Workload {
  const step = (what: SmallJob): Step => ({
    ...smallStep(inputs, `small64 ${what}`),
    begin(peer) {
      const { target, directory } = smallDirectory(peer);
      const job = { kind: 'small', what, directory, files: inputs.files, size: SIZE } as const;
      return inputs.driver().begin(target, inputs.ciphers[0], job);
    },
  });
  return {
    name: 'small64',
    steps: [step('put'), step('stat'), step('get'), step('remove')],
    async cleanUp(peer) {
      const { target, directory } = smallDirectory(peer);
      await sftp(target, [`rmdir "${directory}"`], inputs.ciphers[0]);
    },
  };
}

/** Makes `files` files of random bytes in a directory, or keeps those that are there. */
export async function makeSmallFiles(directory: string, files: number): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (let index = 0; index < files; index++) await makeRandomFile(join(directory, `file-${index}`), SIZE);
}

function smallStep({ files }: Inputs, name: string): Omit<Step, 'begin'> {
  return { name, bytes: files * SIZE, count: files, unit: 's' };
}

function smallDirectory(peer: RunningPeer): { target: ReturnType<typeof userOf>; directory: string } {
  const target = userOf(peer, 0);
  return { target, directory: `${target.directory}/small64` };
}
