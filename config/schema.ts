export interface ListenAddress {
  /** A name or an address; empty: every address of the machine. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
}

/** Every setting of the server; each is also a flag of `anyfs serve`, an `ANYFS_…` variable and a line of `anyfs.yaml`. */
export interface Config {
  /** The data directory, absolute. */
  readonly data: string;
  readonly listen: readonly ListenAddress[];
  /** Processes that serve clients. */
  readonly workers: number;
  readonly logFormat: 'text' | 'json';
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  /** Shown before login; absent: none. */
  readonly banner: string | undefined;
  readonly loginGraceSeconds: number;
  /** Failed attempts in one connection. */
  readonly authAttempts: number;
  /** Connections at once that have not logged in yet. */
  readonly maxStartups: number;
  /** Logged-in connections at once of one account. */
  readonly sessionsPerAccount: number;
  /** Channels at once in one connection. */
  readonly channelsPerConnection: number;
  /** Shells at once of one account, and in all, in each process of the server. */
  readonly shellsPerAccount: number;
  readonly maxShells: number;
  readonly keepAliveSeconds: number;
  /** Unanswered keep-alives before the connection is closed. */
  readonly keepAliveCount: number;
  /** Open SFTP handles in one session. */
  readonly handlesPerSession: number;
  /** Taken from the modes of new files and directories. */
  readonly umask: number;
  /** `close`: every CLOSE survives the loss of power; `process`: the end of the process. */
  readonly durability: 'process' | 'close';
  /** A storage is closed so long after its last session. */
  readonly storageIdleSeconds: number;
  /** Threads in which storages are; 0: they are in the server's own. */
  readonly storageWorkers: number;
  /** Storages open at once. */
  readonly maxOpenStorages: number;
}
