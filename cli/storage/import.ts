import type { BigIntStats } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { VfsBackend } from '../../vfs/backend.ts';
import { isVfsError } from '../../vfs/errors.ts';
import { importTree } from '../../vfs/extensions/node/index.ts';
import { join, type VfsPath } from '../../vfs/path.ts';
import { command, JSON_OPTION } from '../command.ts';
import { Failure } from '../failure.ts';
import { print, printJson } from '../output.ts';
import { STORAGE_POSITIONAL, storagePath } from './arguments.ts';
import { dataDirectoryDetector, refuseInside } from './data-guard.ts';
import { withStorage } from './open-storage.ts';
import { countsText, showProgress } from './progress.ts';

/** `anyfs storage import NAME HOSTPATH [DEST]`: as `cp -a` into the storage. */
export const storageImport = command({
  usage: 'import <name> <hostpath> [dest]',
  describe: 'Copy a file or a tree of the host into a storage',
  positionals: {
    ...STORAGE_POSITIONAL,
    hostpath: {
      type: 'string',
      demandOption: true,
      describe: 'File or directory of the host; DIR/. for what is in it',
    },
    dest: { type: 'string', default: '/', describe: 'Directory to put it in, or its new name' },
  },
  options: JSON_OPTION,
  async run(args, io) {
    const source = resolve(io.cwd, args.hostpath);
    const progress = showProgress(io);
    const counts = await withStorage(args, io, async ({ storage, paths }) => {
      refuseInside(paths.root, source);
      const target = await destination(storage, args.hostpath, source, storagePath(args.dest));
      const isData = dataDirectoryDetector(paths.root);
      const exclude = (stats: BigIntStats) => (isData(stats) ? 'is the data directory' : undefined);
      const done = await importTree(storage, source, target, { ...progress, exclude }).finally(() =>
        progress.end(),
      );
      await storage.sync({});
      return done;
    });
    if (args.json) printJson(io, counts);
    else print(io, `imported ${countsText(counts)}`);
    if (counts.skipped > 0) throw new Failure(`some things (${counts.skipped}) were left out, see above`);
  },
});

/** As cp does: into a directory that is there, under the name that is given otherwise. */
async function destination(
  storage: VfsBackend,
  given: string,
  source: string,
  wanted: VfsPath,
): Promise<VfsPath> {
  const { path, stats } = await storage.resolve(wanted, 'follow', {}).catch((error: unknown) => {
    throw isVfsError(error, 'ENOENT') ? new Failure(`${wanted}: a directory above it does not exist`) : error;
  });
  const contents = /(^|\/)\.\/*$/.test(given);
  if (stats?.type !== 'directory' || contents) return path;
  return join(path, basename(source));
}
