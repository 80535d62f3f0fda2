import { randomInt } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAuthorizedKeys, type AuthorizedKey } from '../keys/authorized-keys.ts';
import { accountNameProblem } from '../server/auth/account-name.ts';
import type { AccountStore } from '../server/auth/accounts.ts';
import { hashPassword } from '../server/auth/password-hash.ts';
import type { DataPaths } from './data-paths.ts';
import type { Io } from './io.ts';
import { readLimited } from './read-limited.ts';

/** Enough to try everything, and no way to fill a disk by mistake. */
export const FIRST_QUOTA_BYTES = 10 * 2 ** 30;

const FALLBACK_NAME = 'demo';
const KEY_FILE_BYTES_MAX = 64 * 1024;

/** The account that the first start made. */
export interface FirstAccount {
  readonly name: string;
  /** The files whose keys may log in. */
  readonly keyFiles: readonly string[];
  /** To be shown once; absent where there are keys. */
  readonly password: string | undefined;
  /** Public key files that could not be used, with the reason. */
  readonly skipped: readonly string[];
}

/**
 * Where there is no account yet, makes one for the person who starts the server: named after them, with the public
 * keys of their `~/.ssh`, or with a generated password where there are none.
 */
export async function firstRun(
  accounts: AccountStore,
  paths: DataPaths,
  io: Pick<Io, 'env' | 'home'>,
): Promise<FirstAccount | undefined> {
  if (accounts.list().length > 0) return undefined;
  const name = nameOfPerson(io.env['USER'] ?? '');
  const { keys, files, skipped } = await keysOfPerson(join(io.home, '.ssh'));
  const password = keys.length === 0 ? generatePassword() : undefined;
  const passwordHash = password === undefined ? undefined : await hashPassword(password);
  accounts.atomically(() => {
    accounts.add(
      name,
      { bytes: FIRST_QUOTA_BYTES, passwordHash },
      { adopt: existsSync(paths.storage(name)) },
    );
    for (const key of keys) accounts.addKey(name, key);
  });
  return { name, keyFiles: files, password, skipped };
}

function nameOfPerson(user: string): string {
  return accountNameProblem(user) === undefined ? user : FALLBACK_NAME;
}

interface FoundKeys {
  readonly keys: AuthorizedKey[];
  readonly files: string[];
  readonly skipped: string[];
}

/** The keys in `*.pub` of a directory, which need not exist. */
async function keysOfPerson(directory: string): Promise<FoundKeys> {
  const found: FoundKeys = { keys: [], files: [], skipped: [] };
  for (const name of (await namesIn(directory)).sort()) {
    if (!name.endsWith('.pub')) continue;
    const file = join(directory, name);
    try {
      const { keys, problems } = parseAuthorizedKeys(await readSmallFile(file));
      if (keys.length > 0) found.files.push(file);
      found.keys.push(...keys);
      found.skipped.push(...problems.map(({ reason }) => `${file}: ${reason}`));
    } catch (error) {
      found.skipped.push(`${file}: ${(error as Error).message}`);
    }
  }
  return found;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch {
    return [];
  }
}

async function readSmallFile(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > KEY_FILE_BYTES_MAX) throw new Error('too large for a public key');
  return (await readLimited(createReadStream(file), KEY_FILE_BYTES_MAX)).toString('utf8');
}

/** Without characters that are easily taken for one another. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 5;

/** 20 random characters in groups: 99 bits. */
export function generatePassword(): string {
  const character = (): string => ALPHABET.charAt(randomInt(ALPHABET.length));
  const group = (): string => Array.from({ length: GROUP_LENGTH }, character).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}
