import { existsSync } from 'node:fs';
import type { AuthorizedKey } from '../../keys/authorized-keys.ts';
import { checkAccountName } from '../../server/auth/account-name.ts';
import { accountJson, accountLine, canLogIn } from '../account-text.ts';
import { existingAccount, withNewAccounts } from '../account-store.ts';
import { command, JSON_OPTION } from '../command.ts';
import { Failure, UsageError } from '../failure.ts';
import { note, print, printJson } from '../output.ts';
import { readKeys, STANDARD_INPUT } from '../read-keys.ts';
import {
  ACCOUNT_OPTIONS,
  limitSettings,
  NAME_POSITIONAL,
  passwordSettings,
  policySettings,
} from './options.ts';

/** `anyfs user add NAME`: an account with everything that it needs, or nothing. */
export const userAdd = command({
  usage: 'add <name>',
  describe: 'Add an account',
  positionals: NAME_POSITIONAL,
  options: {
    key: {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'File with public keys, - for standard input; may be given several times',
    },
    ...ACCOUNT_OPTIONS,
    'adopt-storage': {
      type: 'boolean',
      default: false,
      describe: 'Take over the storage that an earlier account of this name left',
    },
    ...JSON_OPTION,
  },
  async run(args, io) {
    const { name, superuser } = args;
    checkAccountName(name);
    const files = args.key ?? [];
    const readers = files.filter((file) => file === STANDARD_INPUT).length + Number(args['password-stdin']);
    if (readers > 1)
      throw new UsageError('standard input can be read only once; give a key or the password as a file');
    const limits = { ...limitSettings(args), ...policySettings(args) };
    const keys: AuthorizedKey[] = [];
    for (const file of files) keys.push(...(await readKeys(file, io)));
    const password = await passwordSettings(args['password-stdin'], io);
    const account = await withNewAccounts(args, io, (accounts, paths) => {
      const left = existsSync(paths.storage(name));
      if (left && !args['adopt-storage'] && accounts.find(name) === undefined) {
        throw new Failure(
          `${paths.storage(name)} is left from an earlier account; move it away, or repeat with --adopt-storage`,
        );
      }
      return accounts.atomically(() => {
        accounts.add(name, { ...limits, ...password, superuser, enabled: !args.disabled }, { adopt: left });
        for (const key of keys) accounts.addKey(name, key);
        return existingAccount(accounts, name);
      });
    });
    if (args.json) printJson(io, accountJson(account));
    else print(io, `added ${accountLine(account)}`);
    if (account.enabled && !canLogIn(account))
      note(io, `${name} cannot log in yet; add a key with: anyfs key add ${name} FILE`);
  },
});
