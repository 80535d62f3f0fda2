import { existsSync } from 'node:fs';
import type { Account } from '../server/auth/account.ts';
import { AccountStore } from '../server/auth/accounts.ts';
import { existingData, madeData } from './data-directory.ts';
import type { DataPaths } from './data-paths.ts';
import { Failure } from './failure.ts';
import type { Io } from './io.ts';

/** A person at the command line can wait for another one's change. */
const BUSY_MILLISECONDS = 5000;

interface Place {
  readonly data?: string | undefined;
}

/** Runs `work` on the accounts of a data directory that is there. */
export async function withAccounts<T>(
  args: Place,
  io: Io,
  work: (accounts: AccountStore, paths: DataPaths) => Promise<T> | T,
): Promise<T> {
  const paths = existingData(args, io);
  if (!existsSync(paths.accounts)) {
    throw new Failure(`${paths.root} has no accounts yet; add one with: anyfs user add NAME`);
  }
  return using(paths, work);
}

/** The same; the data directory and the file of accounts are made where they are missing. */
export async function withNewAccounts<T>(
  args: Place,
  io: Io,
  work: (accounts: AccountStore, paths: DataPaths) => Promise<T> | T,
): Promise<T> {
  return using(madeData(args, io), work);
}

async function using<T>(
  paths: DataPaths,
  work: (accounts: AccountStore, paths: DataPaths) => Promise<T> | T,
): Promise<T> {
  const accounts = new AccountStore(paths.accounts, { busyMilliseconds: BUSY_MILLISECONDS });
  try {
    return await work(accounts, paths);
  } finally {
    accounts.close();
  }
}

/** The account, or a failure that says how to find the right name. */
export function existingAccount(accounts: AccountStore, name: string): Account {
  const account = accounts.find(name);
  if (account === undefined) throw new Failure(`there is no account ${name}; see: anyfs user list`);
  return account;
}
