import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dataDirectory } from '../config/load.ts';
import { Failure } from './failure.ts';
import type { Io } from './io.ts';

/** Where everything in a data directory is. */
export interface DataPaths {
  readonly root: string;
  readonly accounts: string;
  readonly hostKeys: string;
  readonly storages: string;
  /** One account's storage. */
  storage(name: string): string;
}

export function dataPaths(root: string): DataPaths {
  const storages = join(root, 'storage');
  return {
    root,
    accounts: join(root, 'accounts.db'),
    hostKeys: join(root, 'host_keys'),
    storages,
    storage: (name) => join(storages, `${name}.db`),
  };
}

/** The data directory that the command line and the environment name; throws where it is missing. */
export function existingData(args: { readonly data?: string | undefined }, io: Io): DataPaths {
  const root = dataDirectory({ data: args.data, env: io.env, cwd: io.cwd });
  if (!existsSync(root)) {
    throw new Failure(
      `there is no data directory ${root}; name another with --data, or make it with: anyfs user add NAME`,
    );
  }
  return dataPaths(root);
}

/** The same, made where it is missing. */
export function madeData(args: { readonly data?: string | undefined }, io: Io): DataPaths {
  return makeData(dataDirectory({ data: args.data, env: io.env, cwd: io.cwd }));
}

/** Makes a data directory that its owner alone can enter. One that exists keeps its mode; `doctor` looks at it. */
export function makeData(root: string): DataPaths {
  const paths = dataPaths(root);
  makePrivateDirectory(root);
  // The storages' files are made by SQLite with the modes of the umask; this directory keeps others from them.
  makePrivateDirectory(paths.storages);
  return paths;
}

function makePrivateDirectory(directory: string): void {
  const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (made === undefined && !statSync(directory).isDirectory())
    throw new Failure(`${directory} is not a directory`);
  if (made !== undefined) chmodSync(directory, 0o700);
}
