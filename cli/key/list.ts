import { existingAccount, withAccounts } from '../account-store.ts';
import { keyJson } from '../account-text.ts';
import { command, JSON_OPTION } from '../command.ts';
import { printJson, printTable } from '../output.ts';
import { NAME_POSITIONAL } from '../user/options.ts';

/** `anyfs key list NAME`. */
export const keyList = command({
  usage: 'list <name>',
  describe: 'List the keys of an account',
  positionals: NAME_POSITIONAL,
  options: JSON_OPTION,
  async run(args, io) {
    const account = await withAccounts(args, io, (accounts) => existingAccount(accounts, args.name));
    const keys = account.keys.map(keyJson);
    if (args.json) return printJson(io, keys);
    const rows = keys.map((key) => [key.fingerprint, key.type, key.comment, key.options]);
    return printTable(io, ['FINGERPRINT', 'TYPE', 'COMMENT', 'OPTIONS'], rows);
  },
});
