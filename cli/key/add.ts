import { fingerprint } from '../../keys/fingerprint.ts';
import { existingAccount, withAccounts } from '../account-store.ts';
import { keyJson } from '../account-text.ts';
import { command, JSON_OPTION } from '../command.ts';
import { print, printJson } from '../output.ts';
import { readKeys } from '../read-keys.ts';
import { NAME_POSITIONAL } from '../user/options.ts';

/** `anyfs key add NAME FILE`: all keys of the file, or none. */
export const keyAdd = command({
  usage: 'add <name> <file>',
  describe: 'Let the public keys of a file log in',
  positionals: {
    ...NAME_POSITIONAL,
    file: {
      type: 'string',
      nargs: 1,
      demandOption: true,
      describe: 'File with public keys, - for standard input',
    },
  },
  options: JSON_OPTION,
  async run(args, io) {
    const keys = await withAccounts(args, io, async (accounts) => {
      existingAccount(accounts, args.name);
      const read = await readKeys(args.file, io);
      return accounts.atomically(() => read.map((key) => ({ key, isNew: accounts.addKey(args.name, key) })));
    });
    if (args.json)
      return printJson(
        io,
        keys.map(({ key, isNew }) => ({ ...keyJson(key), isNew })),
      );
    for (const { key, isNew } of keys) {
      const done = isNew ? 'added' : 'was there already, its comment and options are renewed';
      print(io, `${fingerprint(key.blob)} ${key.comment}: ${done}`);
    }
  },
});
