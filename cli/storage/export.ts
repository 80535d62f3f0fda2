import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isVfsError } from '../../vfs/errors.ts';
import { exportTree } from '../../vfs/extensions/node/index.ts';
import { command, JSON_OPTION } from '../command.ts';
import { Failure } from '../failure.ts';
import { print, printJson } from '../output.ts';
import { STORAGE_POSITIONAL, storagePath } from './arguments.ts';
import { refuseInside } from './data-guard.ts';
import { withStorage } from './open-storage.ts';
import { countsText, showProgress } from './progress.ts';

/** `anyfs storage export NAME PATH HOSTDEST`: as `cp -a` out of the storage, except for owners and set-id bits. */
export const storageExport = command({
  usage: 'export <name> <path> <hostdest>',
  describe: 'Copy a file or a tree of a storage to the host',
  positionals: {
    ...STORAGE_POSITIONAL,
    path: {
      type: 'string',
      demandOption: true,
      describe: 'File or directory of the storage; / for everything',
    },
    hostdest: {
      type: 'string',
      demandOption: true,
      describe: 'Directory of the host to put it in, or its new name',
    },
  },
  options: JSON_OPTION,
  async run(args, io) {
    const progress = showProgress(io);
    const counts = await withStorage(args, io, async ({ storage, paths }) => {
      refuseInside(paths.root, resolve(io.cwd, args.hostdest));
      const { path } = await storage.resolve(storagePath(args.path), 'keep', {});
      const target = destination(resolve(io.cwd, args.hostdest), basename(path));
      return exportTree(storage, path, target, progress)
        .catch(adviseCheck)
        .finally(() => progress.end());
    });
    if (args.json) printJson(io, counts);
    else print(io, `exported ${countsText(counts)}`);
  },
});

/** A storage that holds what it cannot hold. */
function adviseCheck(error: unknown): never {
  const isDamaged = isVfsError(error, 'EIO') && error.detail.includes('damaged');
  throw isDamaged ? new Failure(`${error.detail}; see anyfs storage check`) : error;
}

/** As cp does: into a directory that is there, under the name that is given otherwise. The root has no name of its own. */
function destination(wanted: string, name: string): string {
  const isDirectory = statSync(wanted, { throwIfNoEntry: false })?.isDirectory() === true;
  return isDirectory && name !== '' ? join(wanted, name) : wanted;
}
