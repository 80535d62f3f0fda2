import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inputs, Workload } from '../workload.ts';
import { makeRandomFile, sameContent } from './random-file.ts';

const SIZE = 4096;

/**
 * Many files of 4 KiB in one directory, each step in one session: `put -r`, `get -r`, `rm` with a pattern.
 * `sftp` handles one file after the other, so this measures round trips. `put -r` is chosen over a line for each
 * file because that is what people type; a line for each file would add a `stat` of the target to every one.
 */
export function small({ local, files }: Inputs): Workload {
  const source = join(local, 'small');
  const copy = join(local, 'small-copy');
  const bytes = files * SIZE;
  return {
    name: 'small',
    async prepare() {
      await mkdir(source, { recursive: true });
      for (let index = 0; index < files; index++) await makeRandomFile(join(source, `file-${index}`), SIZE);
    },
    steps: [
      {
        name: 'small put',
        bytes,
        files,
        commands: ({ directory }) => [`put -r "${source}" "${directory}/small"`],
      },
      {
        name: 'small get',
        bytes,
        files,
        commands: ({ directory }) => [`get -r "${directory}/small" "${copy}"`],
        async verify() {
          for (const name of await readdir(source)) await sameContent(join(source, name), join(copy, name));
          await rm(copy, { recursive: true });
        },
      },
      {
        name: 'small remove',
        bytes,
        files,
        commands: ({ directory }) => [`rm "${directory}/small/"*`, `rmdir "${directory}/small"`],
      },
    ],
  };
}
