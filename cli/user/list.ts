import { accountJson, loginText, quotaText } from '../account-text.ts';
import { withAccounts } from '../account-store.ts';
import { command, JSON_OPTION } from '../command.ts';
import { printJson, printTable } from '../output.ts';

/** `anyfs user list`: every account, by name. */
export const userList = command({
  usage: 'list',
  describe: 'List the accounts',
  positionals: {},
  options: JSON_OPTION,
  async run(args, io) {
    const accounts = await withAccounts(args, io, (store) => store.list());
    if (args.json) return printJson(io, accounts.map(accountJson));
    const rows = accounts.map((account) => [
      account.name,
      String(account.uid),
      account.enabled ? 'enabled' : 'disabled',
      account.shell ? 'on' : 'off',
      quotaText(account),
      loginText(account),
    ]);
    return printTable(io, ['NAME', 'UID', 'STATE', 'SHELL', 'QUOTA', 'LOGIN'], rows);
  },
});
