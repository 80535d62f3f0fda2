import { existsSync, rmSync } from 'node:fs';
import { checkAccountName } from '../../server/auth/account-name.ts';
import { COMPANIONS } from '../../vfs/backends/sqlite/companions.ts';
import { isVfsError } from '../../vfs/errors.ts';
import { existingAccount, withAccounts } from '../account-store.ts';
import { command } from '../command.ts';
import type { DataPaths } from '../data-paths.ts';
import { Failure, UsageError } from '../failure.ts';
import { print } from '../output.ts';
import { openExclusively } from '../storage/open-storage.ts';
import { NAME_POSITIONAL } from './options.ts';

/** `anyfs user remove NAME`: the account, its keys, and unless told otherwise its storage. */
export const userRemove = command({
  usage: 'remove <name>',
  describe: 'Remove an account and, unless told otherwise, its storage',
  positionals: NAME_POSITIONAL,
  options: {
    'keep-storage': {
      type: 'boolean',
      default: false,
      describe: 'Leave the storage; user add --adopt-storage takes it up again',
    },
    yes: { type: 'boolean', default: false, describe: 'Really do it' },
  },
  async run(args, io) {
    const { name, 'keep-storage': keepsStorage } = args;
    checkAccountName(name);
    await withAccounts(args, io, async (accounts, paths) => {
      existingAccount(accounts, name);
      const file = paths.storage(name);
      const stored = existsSync(file);
      if (!args.yes) throw new UsageError(question(name, stored && !keepsStorage ? file : undefined));
      if (!stored || keepsStorage) {
        accounts.remove(name, { keepsStorage });
        return print(io, stored ? `removed ${name}; ${file} is kept` : `removed ${name}, who had no storage`);
      }
      await removeStorage(paths, name, () => accounts.remove(name, { keepsStorage: false }));
      return print(io, `removed ${name} and ${file}`);
    });
  },
});

function question(name: string, file: string | undefined): string {
  const what =
    file === undefined ? `the account ${name}` : `the account ${name} and ${file} with all that is in it`;
  return `this removes ${what}; repeat with --yes to do it${file === undefined ? '' : ', or with --keep-storage --yes to keep the file'}`;
}

/** The account goes while nobody else has the storage, so that no login comes in between; then the file. */
async function removeStorage(paths: DataPaths, name: string, removeAccount: () => void): Promise<void> {
  const backend = await openExclusively(paths, name).catch((error: unknown) => {
    if (isDamaged(error)) return undefined;
    throw error instanceof Failure
      ? new Failure(`${error.message}; or keep the file with --keep-storage`)
      : error;
  });
  try {
    removeAccount();
  } finally {
    await backend?.dispose();
  }
  for (const companion of ['', ...COMPANIONS]) rmSync(paths.storage(name) + companion, { force: true });
}

/** A storage that cannot be read is no reason to keep it. */
function isDamaged(error: unknown): boolean {
  return isVfsError(error, 'EIO');
}
