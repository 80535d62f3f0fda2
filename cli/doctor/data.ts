import { existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { loadHostKeys } from '../../keys/host-keys.ts';
import type { Account } from '../../server/auth/account.ts';
import { AccountStore } from '../../server/auth/accounts.ts';
import { formatBytes } from '../../vfs/backends/shared/format-bytes.ts';
import { canLogIn } from '../account-text.ts';
import type { DataPaths } from '../data-paths.ts';
import { describeError } from '../describe-error.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

const OTHERS_BITS = 0o077;
const SPACE_BYTES_MIN = 2 ** 30;

/** What is in the data directory. */
export async function examineData(paths: DataPaths): Promise<Finding[]> {
  if (!existsSync(paths.root))
    return [warn('data', `${paths.root} does not exist; the first start makes it`)];
  return [examineAccess(paths), examineSpace(paths), await examineHostKeys(paths), ...examineAccounts(paths)];
}

/** Others may not enter the directory, or at least may not read what is in it. */
function examineAccess(paths: DataPaths): Finding {
  const closed = [paths.root, paths.accounts, paths.hostKeys, paths.storages].filter((path) =>
    existsSync(path),
  );
  const open = closed.filter((path) => (statSync(path).mode & OTHERS_BITS) !== 0);
  const [first] = open;
  if (first === undefined) return ok('access', `${paths.root} is closed to others`);
  const modes = open.map((path) => `'${path}'`).join(' ');
  return warn('access', `others can see into ${first}; run: chmod go= ${modes}`);
}

function examineSpace(paths: DataPaths): Finding {
  const { bavail, bsize } = statfsSync(paths.root);
  const free = bavail * bsize;
  const says = `${formatBytes(free)} free`;
  return free < SPACE_BYTES_MIN ? warn('disk', `${says} only; make room, or set quotas`) : ok('disk', says);
}

async function examineHostKeys(paths: DataPaths): Promise<Finding> {
  if (!existsSync(paths.hostKeys)) return warn('host keys', 'there are none yet; the first start makes them');
  try {
    const keys = await loadHostKeys(paths.hostKeys);
    return ok('host keys', keys.map((key) => key.type).join(', '));
  } catch (error) {
    return fail('host keys', describeError(error));
  }
}

function examineAccounts(paths: DataPaths): Finding[] {
  if (!existsSync(paths.accounts))
    return [warn('accounts', 'there are none yet; add one with: anyfs user add NAME')];
  let accounts: Account[];
  try {
    accounts = listAccounts(paths);
  } catch (error) {
    return [fail('accounts', describeError(error))];
  }
  const locked = accounts.filter((account) => account.enabled && !canLogIn(account)).map(({ name }) => name);
  return [
    ok('accounts', String(accounts.length)),
    ...(locked.length === 0
      ? []
      : [warn('accounts', `without key or password, so without a way to log in: ${locked.join(', ')}`)]),
    ...examineStorages(paths, accounts),
  ];
}

function listAccounts(paths: DataPaths): Account[] {
  const store = new AccountStore(paths.accounts, { create: false });
  try {
    return store.list();
  } finally {
    store.close();
  }
}

function examineStorages(paths: DataPaths, accounts: readonly Account[]): Finding[] {
  const names = new Set(accounts.map((account) => `${account.name}.db`));
  const files = existsSync(paths.storages)
    ? readdirSync(paths.storages).filter((file) => file.endsWith('.db'))
    : [];
  const left = files.filter((file) => !names.has(file));
  const found = ok('storages', String(files.length));
  return left.length === 0
    ? [found]
    : [found, warn('storages', `left from accounts that are gone: ${left.join(', ')}`)];
}
