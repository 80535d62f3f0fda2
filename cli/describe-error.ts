import Database from 'better-sqlite3';
import { ConfigError } from '../config/config-error.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import { KeyError } from '../keys/key-error.ts';
import { DataDirectoryInUse } from '../server/data-lock.ts';
import { AccountError } from '../server/auth/account-error.ts';
import { VfsError } from '../vfs/errors.ts';
import { escapeUnsafe } from '../server/escape.ts';
import { Failure, UsageError } from './failure.ts';

/** Errors whose message is written for the person at the command line. */
const FOR_PEOPLE = [Failure, UsageError, ConfigError, KeyError, AccountError, DataDirectoryInUse] as const;

/** What the host's error codes mean where the message alone says too little. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a directory on the way is none',
  EISDIR: 'is a directory',
  EACCES: 'permission denied; run as the user who owns it',
  EPERM: 'not permitted; run as the user who owns it',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  'listen EACCES': 'ports below 1024 need the right to use them; give another with --listen',
  EADDRINUSE: 'the address is in use; is a server running already? Give another with --listen',
  EADDRNOTAVAIL: 'this machine has no such address; give another with --listen',
  ENOTFOUND: 'this host name is unknown; give another with --listen',
};

/** One line for a person. What is a bug of ours comes with its stack instead, to be reported. */
export function describeError(error: unknown): string {
  if (FOR_PEOPLE.some((kind) => error instanceof kind)) return escapeUnsafe((error as Error).message);
  if (error instanceof VfsError) return escapeUnsafe(describeVfsError(error));
  // Node wraps the reason of a signal that aborts.
  if (error instanceof Error && error.name === 'AbortError' && error.cause !== undefined)
    return describeError(error.cause);
  if (error instanceof Database.SqliteError) return describeSqliteError(error);
  if (isSystemError(error)) return escapeUnsafe(describeSystemError(error));
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function describeVfsError({ path, detail }: VfsError): string {
  return path === undefined ? detail : `${path}: ${detail}`;
}

function describeSqliteError({ message, code }: InstanceType<typeof Database.SqliteError>): string {
  return escapeUnsafe(
    `a database of the data directory cannot be used: ${message} (${code}); see: anyfs doctor`,
  );
}

/** What Node adds to the errors of files, sockets and names. */
interface SystemError extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && typeof (error as SystemError).syscall === 'string';
}

function describeSystemError(error: SystemError): string {
  const advice = ADVICE[`${error.syscall ?? ''} ${error.code ?? ''}`] ?? ADVICE[error.code ?? ''];
  const place = error.path ?? error.hostname ?? addressOf(error);
  return advice === undefined || place === undefined ? error.message : `${place}: ${advice}`;
}

function addressOf({ address, port }: SystemError): string | undefined {
  return address === undefined ? undefined : formatListenAddress({ host: address, port: port ?? 0 });
}
