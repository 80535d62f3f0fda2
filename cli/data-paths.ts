import { join } from 'node:path';

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
