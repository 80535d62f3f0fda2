import { statSync } from 'node:fs';
import { formatBytes } from '../../vfs/backends/shared/format-bytes.ts';
import { accountJson, keyJson, quotaText } from '../account-text.ts';
import { existingAccount, withAccounts } from '../account-store.ts';
import { command, JSON_OPTION } from '../command.ts';
import { print, printJson } from '../output.ts';
import { NAME_POSITIONAL } from './options.ts';

/** `anyfs user show NAME`: everything about one account. */
export const userShow = command({
  usage: 'show <name>',
  describe: 'Show an account',
  positionals: NAME_POSITIONAL,
  options: JSON_OPTION,
  async run(args, io) {
    const { account, storage } = await withAccounts(args, io, (accounts, paths) => ({
      account: existingAccount(accounts, args.name),
      storage: paths.storage(args.name),
    }));
    const size = statSync(storage, { throwIfNoEntry: false })?.size;
    const fileBytes = size ?? null;
    if (args.json) return printJson(io, { ...accountJson(account), storage, storageFileBytes: fileBytes });
    const lines: readonly (readonly [string, string])[] = [
      ['name', account.name],
      ['uid', String(account.uid)],
      ['state', account.enabled ? 'enabled' : 'disabled'],
      ['superuser', account.superuser ? 'yes' : 'no'],
      ['shell', account.shell ? 'on' : 'off'],
      ['read only', account.readOnly ? 'yes' : 'no'],
      ['denied', account.denied.join(',') || 'none'],
      ['quota', quotaText(account)],
      ['max files', account.limits.inodes === undefined ? 'none' : String(account.limits.inodes)],
      ['password', account.passwordHash === undefined ? 'none' : 'set'],
      ['storage', size === undefined ? `${storage} (not made yet)` : `${storage} (${formatBytes(size)})`],
    ];
    for (const [label, text] of lines) print(io, `${`${label}:`.padEnd(11)}${text}`);
    for (const key of account.keys.map(keyJson)) {
      print(io, `${'key:'.padEnd(11)}${key.fingerprint} ${key.type} ${key.comment}`.trimEnd());
    }
  },
});
