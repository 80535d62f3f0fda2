import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inputs, Workload } from '../workload.ts';
import { makeRandomFile, sameContent } from './random-file.ts';

/** One large file from the server, which has it in its cache; the copy is compared with what was put. */
export function get({ local, size }: Inputs): Workload {
  const source = join(local, 'large');
  const copy = join(local, 'copy');
  return {
    name: 'get',
    prepare: () => makeRandomFile(source, size),
    setUp: ({ directory }) => [`put "${source}" "${directory}/get"`],
    steps: [
      {
        name: 'get',
        bytes: size,
        files: 1,
        commands: ({ directory }) => [`get "${directory}/get" "${copy}"`],
        async verify() {
          await sameContent(source, copy);
          await rm(copy);
        },
      },
    ],
  };
}
