import { join } from 'node:path';
import type { Inputs, Workload } from '../workload.ts';
import { makeRandomFile } from './random-file.ts';

/** One large file to the server, under a new name each time. What arrived is checked by the `get` workload. */
export function put({ local, size }: Inputs): Workload {
  const source = join(local, 'large');
  return {
    name: 'put',
    prepare: () => makeRandomFile(source, size),
    steps: [
      {
        name: 'put',
        bytes: size,
        files: 1,
        commands: ({ directory }) => [`put "${source}" "${directory}/put"`],
      },
    ],
    cleanUp: ({ directory }) => [`rm "${directory}/put"`],
  };
}
