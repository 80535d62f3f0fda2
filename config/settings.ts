import type { z } from 'zod';
import type { Config } from './schema.ts';
import { banner, choice, listen, umask, whole, wholeOrCores } from './setting-schemas.ts';

/** Every setting but `data`, which says where the others are. */
export type SettingName = Exclude<keyof Config, 'data'>;

/** One setting. Every source (flag, variable, file, default) gives text, so that `022` means the same in each. */
export interface Setting<T> {
  /** As a flag without its dashes and as a key of `anyfs.yaml`; in capitals with `_` after `ANYFS_` as a variable. */
  readonly key: string;
  /** What to write after the flag. */
  readonly placeholder: string;
  readonly describe: string;
  readonly default: readonly string[];
  /** May be given several times. */
  readonly list: boolean;
  readonly schema: z.ZodType<T, readonly string[]>;
}

const single = { list: false } as const;

/** All settings, in the order in which people read of them. */
export const SETTINGS: { readonly [K in SettingName]: Setting<Config[K]> } = {
  listen: {
    key: 'listen',
    placeholder: 'HOST:PORT',
    describe: 'Where to listen; may be given several times',
    default: ['127.0.0.1:2022'],
    list: true,
    schema: listen,
  },
  workers: {
    ...single,
    key: 'workers',
    placeholder: 'N|cores',
    describe: 'Processes that serve clients; with 1 the server is one process',
    default: ['cores'],
    schema: wholeOrCores(1, 64),
  },
  logFormat: {
    ...single,
    key: 'log-format',
    placeholder: 'text|json',
    describe: 'How log lines look',
    default: ['text'],
    schema: choice('text', 'json'),
  },
  logLevel: {
    ...single,
    key: 'log-level',
    placeholder: 'LEVEL',
    describe: 'error, warn, info or debug',
    default: ['info'],
    schema: choice('error', 'warn', 'info', 'debug'),
  },
  banner: {
    ...single,
    key: 'banner',
    placeholder: 'TEXT',
    describe: 'Text shown before login; empty for none',
    default: [''],
    schema: banner,
  },
  umask: {
    ...single,
    key: 'umask',
    placeholder: 'OCTAL',
    describe: 'Taken from the modes of new files and directories',
    default: ['022'],
    schema: umask,
  },
  durability: {
    ...single,
    key: 'durability',
    placeholder: 'process|close',
    describe: 'What a finished upload survives: the end of the process, or (close) the loss of power',
    default: ['process'],
    schema: choice('process', 'close'),
  },
  loginGraceSeconds: {
    ...single,
    key: 'login-grace-seconds',
    placeholder: 'N',
    describe: 'Time to log in',
    default: ['30'],
    schema: whole(1, 3600),
  },
  authAttempts: {
    ...single,
    key: 'auth-attempts',
    placeholder: 'N',
    describe: 'Failed attempts to log in in one connection',
    default: ['6'],
    schema: whole(1, 100),
  },
  maxStartups: {
    ...single,
    key: 'max-startups',
    placeholder: 'N',
    describe: 'Connections at once that have not logged in yet',
    default: ['100'],
    schema: whole(1, 100_000),
  },
  sessionsPerAccount: {
    ...single,
    key: 'sessions-per-account',
    placeholder: 'N',
    describe: 'Connections at once of one account',
    default: ['100'],
    schema: whole(1, 100_000),
  },
  channelsPerConnection: {
    ...single,
    key: 'channels-per-connection',
    placeholder: 'N',
    describe: 'Channels at once in one connection',
    default: ['10'],
    schema: whole(1, 1000),
  },
  handlesPerSession: {
    ...single,
    key: 'handles-per-session',
    placeholder: 'N',
    describe: 'Open files and directories in one session',
    default: ['1024'],
    schema: whole(1, 1_000_000),
  },
  shellsPerAccount: {
    ...single,
    key: 'shells-per-account',
    placeholder: 'N',
    describe: 'Shells and scripts at once of one account',
    default: ['10'],
    schema: whole(0, 1000),
  },
  maxShells: {
    ...single,
    key: 'max-shells',
    placeholder: 'N',
    describe: 'Shells and scripts at once',
    default: ['100'],
    schema: whole(0, 10_000),
  },
  keepAliveSeconds: {
    ...single,
    key: 'keep-alive-seconds',
    placeholder: 'N',
    describe: 'A quiet client is asked whether it is still there this often; 0 for never',
    default: ['30'],
    schema: whole(0, 86_400),
  },
  keepAliveCount: {
    ...single,
    key: 'keep-alive-count',
    placeholder: 'N',
    describe: 'Questions without an answer before the connection is closed',
    default: ['4'],
    schema: whole(1, 1000),
  },
  storageIdleSeconds: {
    ...single,
    key: 'storage-idle-seconds',
    placeholder: 'N',
    describe: 'A storage is closed so long after its last session',
    default: ['30'],
    schema: whole(0, 86_400),
  },
  storageWorkers: {
    ...single,
    key: 'storage-workers',
    placeholder: 'N|cores',
    describe: "Threads in which storages are, two or more with cores; 0 for the server's own",
    default: ['0'],
    schema: wholeOrCores(0, 64, 2),
  },
  maxOpenStorages: {
    ...single,
    key: 'max-open-storages',
    placeholder: 'N',
    describe: 'Storages open at once',
    default: ['256'],
    schema: whole(1, 100_000),
  },
};

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** `ANYFS_LOG_FORMAT` for `log-format`. */
export function variableOf(key: string): string {
  return `ANYFS_${key.toUpperCase().replaceAll('-', '_')}`;
}
