import { checkAccountName } from '../../server/auth/account-name.ts';
import { checkStorage } from '../../vfs/backends/sqlite/index.ts';
import { isVfsError } from '../../vfs/errors.ts';
import { command, JSON_OPTION } from '../command.ts';
import { existingData } from '../data-directory.ts';
import type { DataPaths } from '../data-paths.ts';
import { Failure } from '../failure.ts';
import { print, printJson } from '../output.ts';
import { STORAGE_POSITIONAL } from './arguments.ts';
import { copyOfServer } from './open-storage.ts';
import { explainUnavailable } from './unavailable.ts';

/**
 * `anyfs storage check NAME`: every invariant of docs/storage-format.md; fails where one is broken. Where the running server has the
 * storage open, that makes a copy of the file, and the copy is checked.
 */
export const storageCheck = command({
  usage: 'check <name>',
  describe: 'Verify a storage; reads all of it',
  positionals: STORAGE_POSITIONAL,
  options: JSON_OPTION,
  async run(args, io) {
    const paths = existingData(args, io);
    const file = paths.storage(checkAccountName(args.name));
    const broken = await verify(paths, args.name, io.signal);
    if (args.json) printJson(io, { name: args.name, ok: broken.length === 0, broken });
    else for (const line of broken) print(io, line);
    if (broken.length > 0)
      throw new Failure(`${file} breaks ${broken.length} of its invariants; restore it from a backup`);
    if (!args.json) print(io, `${file}: ok`);
  },
});

/** A server that is asked again has opened it meanwhile, or has closed it. */
const ATTEMPTS = 2;

async function verify(paths: DataPaths, name: string, signal: AbortSignal): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    const copy = await copyOfServer(paths, name, signal).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new Failure(`the server could not copy the storage of ${name}: ${(cause as Error).message}`, {
        cause,
      });
    });
    try {
      return checkStorage(copy?.file ?? paths.storage(name));
    } catch (error) {
      if (attempt === ATTEMPTS || !isVfsError(error, 'EBUSY'))
        throw await explainUnavailable(error, paths, name);
    } finally {
      copy?.release();
    }
  }
}
