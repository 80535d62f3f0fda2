import { whoHolds } from '../../server/data-lock.ts';
import { isVfsError } from '../../vfs/errors.ts';
import type { DataPaths } from '../data-paths.ts';
import { Failure } from '../failure.ts';
import { findAccount } from './owner.ts';

/** Why a storage could not be opened, in words that say what to do; other errors as they are. */
export async function explainUnavailable(error: unknown, paths: DataPaths, name: string): Promise<unknown> {
  if (isVfsError(error, 'ENOENT')) return new Failure(missing(paths, name), { cause: error });
  if (isVfsError(error, 'EBUSY')) return new Failure(await inUse(paths, name), { cause: error });
  return error;
}

function missing(paths: DataPaths, name: string): string {
  if (findAccount(paths, name) === undefined) return `there is no account ${name}; see: anyfs user list`;
  return `${name} has no storage yet; it is made at the first login`;
}

async function inUse(paths: DataPaths, name: string): Promise<string> {
  const server = await whoHolds(paths.root);
  if (server?.storages.includes(name) !== true) {
    return `the storage of ${name} is in use by another process; try again when it is done`;
  }
  const holder = `the running server (process id ${server.pid})`;
  return `the storage of ${name} is in use by ${holder}; try again some time after the last session of ${name}, or stop the server`;
}
