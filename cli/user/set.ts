import { accountJson, accountLine } from '../account-text.ts';
import { withAccounts } from '../account-store.ts';
import { command, JSON_OPTION } from '../command.ts';
import { UsageError } from '../failure.ts';
import { print, printJson } from '../output.ts';
import {
  ACCOUNT_OPTIONS,
  limitSettings,
  NAME_POSITIONAL,
  passwordSettings,
  refuseBoth,
  policySettings,
} from './options.ts';

/** `anyfs user set NAME`: changes what is named; it counts from the next login. */
export const userSet = command({
  usage: 'set <name>',
  describe: 'Change an account; what is not named stays as it is',
  positionals: NAME_POSITIONAL,
  options: {
    ...ACCOUNT_OPTIONS,
    'no-password': { type: 'boolean', default: false, describe: 'Take the password away' },
    'no-superuser': { type: 'boolean', default: false, describe: 'Make it an ordinary account' },
    enabled: { type: 'boolean', default: false, describe: 'Let it log in again' },
    ...JSON_OPTION,
  },
  async run(args, io) {
    refuseBoth(args, 'password-stdin', 'no-password');
    refuseBoth(args, 'superuser', 'no-superuser');
    refuseBoth(args, 'enabled', 'disabled');
    const settings = {
      ...limitSettings(args),
      ...policySettings(args),
      ...(args['no-password'] ? { passwordHash: null } : {}),
      ...(args.superuser || args['no-superuser'] ? { superuser: args.superuser } : {}),
      ...(args.enabled || args.disabled ? { enabled: args.enabled } : {}),
    };
    const nothing = Object.values(settings).every((value) => value === undefined) && !args['password-stdin'];
    if (nothing)
      throw new UsageError('say what to change, for example --quota 20GiB; see anyfs user set --help');
    const password = await passwordSettings(args['password-stdin'], io);
    const account = await withAccounts(args, io, (accounts) =>
      accounts.set(args.name, { ...settings, ...password }),
    );
    if (args.json) printJson(io, accountJson(account));
    else print(io, `changed ${accountLine(account)}`);
  },
});
