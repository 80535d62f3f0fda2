import { withAccounts } from '../account-store.ts';
import { canLogIn } from '../account-text.ts';
import { command } from '../command.ts';
import { note, print } from '../output.ts';
import { NAME_POSITIONAL } from '../user/options.ts';

/** `anyfs key remove NAME FINGERPRINT`: sessions that are open go on. */
export const keyRemove = command({
  usage: 'remove <name> <fingerprint>',
  describe: 'Take a key from an account',
  positionals: {
    ...NAME_POSITIONAL,
    fingerprint: { type: 'string', demandOption: true, describe: 'As anyfs key list shows it' },
  },
  options: {},
  async run(args, io) {
    const wanted = args.fingerprint.startsWith('SHA256:') ? args.fingerprint : `SHA256:${args.fingerprint}`;
    const account = await withAccounts(args, io, (accounts) => {
      accounts.removeKey(args.name, wanted);
      return accounts.find(args.name);
    });
    print(io, `removed ${wanted} from ${args.name}`);
    if (account !== undefined && !canLogIn(account)) note(io, `${args.name} cannot log in any more`);
  },
});
