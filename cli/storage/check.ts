import { checkAccountName } from '../../server/auth/account-name.ts';
import { checkStorage } from '../../vfs/backends/sqlite/index.ts';
import { isVfsError } from '../../vfs/errors.ts';
import { command, JSON_OPTION } from '../command.ts';
import { existingData } from '../data-directory.ts';
import { Failure } from '../failure.ts';
import { print, printJson } from '../output.ts';
import { STORAGE_POSITIONAL } from './arguments.ts';
import { explainUnavailable } from './unavailable.ts';

/** `anyfs storage check NAME`: every invariant of docs/storage-format.md; fails where one is broken. */
export const storageCheck = command({
  usage: 'check <name>',
  describe: 'Verify a storage; reads all of it',
  positionals: STORAGE_POSITIONAL,
  options: JSON_OPTION,
  async run(args, io) {
    const paths = existingData(args, io);
    const file = paths.storage(checkAccountName(args.name));
    const broken = await verify(file).catch(async (error: unknown) => {
      throw withReason(await explainUnavailable(error, paths, args.name), error);
    });
    if (args.json) printJson(io, { name: args.name, ok: broken.length === 0, broken });
    else for (const line of broken) print(io, line);
    if (broken.length > 0)
      throw new Failure(`${file} breaks ${broken.length} of its invariants; restore it from a backup`);
    if (!args.json) print(io, `${file}: ok`);
  },
});

/** It is not done through the server as other commands are. */
function withReason(explained: unknown, cause: unknown): unknown {
  if (!isVfsError(cause, 'EBUSY') || !(explained instanceof Failure)) return explained;
  const reason = 'a check reads all of the file in one go, and nobody else can use the storage meanwhile';
  return new Failure(`${explained.message}: ${reason}`, { cause });
}

async function verify(file: string): Promise<string[]> {
  return checkStorage(file);
}
