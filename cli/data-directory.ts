import { existsSync, statSync } from 'node:fs';
import { dataDirectory } from '../config/load.ts';
import { makePrivateDirectory } from '../server/private-files.ts';
import { dataPaths, type DataPaths } from './data-paths.ts';
import { Failure } from './failure.ts';
import type { Io } from './io.ts';

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

/**
 * Makes a data directory that its owner alone can enter. One that exists keeps its mode; `doctor` looks at it. The
 * storages' files are made by SQLite with the modes of the umask, so their directory is closed too.
 */
export function makeData(root: string): DataPaths {
  const paths = dataPaths(root);
  for (const directory of [root, paths.storages]) {
    const made = makePrivateDirectory(directory);
    if (!made && !statSync(directory).isDirectory()) throw new Failure(`${directory} is not a directory`);
  }
  return paths;
}
