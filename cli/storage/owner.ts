import { existsSync } from 'node:fs';
import type { Account } from '../../server/auth/account.ts';
import { AccountStore } from '../../server/auth/accounts.ts';
import type { DataPaths } from '../data-paths.ts';

/** The account, where there is one; a storage can outlive it. */
export function findAccount(paths: DataPaths, name: string): Account | undefined {
  return readAccounts(paths, (accounts) => accounts.find(name));
}

/** Names for the numbers of owners, each looked up once. */
export function ownerNames(paths: DataPaths): (uid: number) => string {
  const known = new Map<number, string>();
  return (uid) => {
    const name = known.get(uid) ?? readAccounts(paths, (accounts) => accounts.nameOfUid(uid)) ?? String(uid);
    known.set(uid, name);
    return name;
  };
}

function readAccounts<T>(paths: DataPaths, read: (accounts: AccountStore) => T): T | undefined {
  if (!existsSync(paths.accounts)) return undefined;
  const accounts = new AccountStore(paths.accounts, { create: false });
  try {
    return read(accounts);
  } finally {
    accounts.close();
  }
}
