import type { Options } from 'yargs';
import { ConfigError } from '../../config/config-error.ts';
import { parseCountLimit, parseSizeLimit } from '../../config/size.ts';
import type { AccountSettings } from '../../server/auth/accounts.ts';
import { hashPassword } from '../../server/auth/password-hash.ts';
import { isVfsError } from '../../vfs/errors.ts';
import { deniedRequests, parseRequestWords, type RequestWord } from '../../vfs/request-words.ts';
import { UsageError } from '../failure.ts';
import type { Io } from '../io.ts';
import { readPassword } from '../read-password.ts';

/** Options that `user add` and `user set` share. */
export const ACCOUNT_OPTIONS = {
  quota: {
    type: 'string',
    nargs: 1,
    describe: 'Most bytes to store, like 10GiB or 500MB; none for no limit',
  },
  'max-files': {
    type: 'string',
    nargs: 1,
    describe: 'Most files, directories and links; none for no limit',
  },
  'password-stdin': { type: 'boolean', default: false, describe: 'Read a password from standard input' },
  superuser: { type: 'boolean', default: false, describe: 'Make it root within its own storage' },
  shell: {
    type: 'string',
    nargs: 1,
    describe: 'on (default) or off: whether it may use the shell; copies and plain commands go on without',
  },
  'read-only': {
    type: 'string',
    nargs: 1,
    describe: 'on or off (default): whether it may only read; nothing in its storage is changed then',
  },
  deny: {
    type: 'string',
    nargs: 1,
    describe:
      'Requests that it may not make, as in sftp-server -P, like remove,rmdir,rename; none to lift that',
  },
  disabled: { type: 'boolean', default: false, describe: 'Keep it from logging in' },
} as const satisfies Record<string, Options>;

export const NAME_POSITIONAL = {
  name: { type: 'string', demandOption: true, describe: 'Name of the account' },
} as const;

interface LimitArguments {
  readonly quota?: string | undefined;
  readonly 'max-files'?: string | undefined;
}

/** The limits that were given. */
export function limitSettings(args: LimitArguments): AccountSettings {
  const { quota, 'max-files': maxFiles } = args;
  return {
    bytes: quota === undefined ? undefined : parsed('--quota', quota, parseSizeLimit),
    inodes: maxFiles === undefined ? undefined : parsed('--max-files', maxFiles, parseCountLimit),
  };
}

function parsed<T>(flag: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(`${flag}: ${error.message}`) : error;
  }
}

interface PolicyArguments {
  readonly shell?: string | undefined;
  readonly 'read-only'?: string | undefined;
  readonly deny?: string | undefined;
}

/** What it may do, as far as that was said. */
export function policySettings({ shell, 'read-only': readOnly, deny }: PolicyArguments): AccountSettings {
  return {
    shell: onOrOff('--shell', shell),
    readOnly: onOrOff('--read-only', readOnly),
    denied: deny === undefined ? undefined : deniedWords(deny),
  };
}

function onOrOff(flag: string, text: string | undefined): boolean | undefined {
  if (text !== undefined && text !== 'on' && text !== 'off')
    throw new UsageError(`${flag}: "${text}" is neither on nor off`);
  return text === undefined ? undefined : text === 'on';
}

/** In the order of the list, each once. */
function deniedWords(list: string): RequestWord[] {
  if (list === 'none') return [];
  try {
    return [...deniedRequests({ denied: parseRequestWords(list) })];
  } catch (error) {
    throw isVfsError(error, 'EINVAL') ? new UsageError(`--deny: ${error.detail}`) : error;
  }
}

/** The hash of the password on standard input, where there is to be one. */
export async function passwordSettings(given: boolean, io: Io): Promise<AccountSettings> {
  return given ? { passwordHash: await hashPassword(await readPassword(io)) } : {};
}

/** Throws where two flags contradict each other. */
export function refuseBoth(args: Readonly<Record<string, unknown>>, one: string, other: string): void {
  if (args[one] === true && args[other] === true)
    throw new UsageError(`--${one} and --${other} contradict each other`);
}
