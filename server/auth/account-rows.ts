import type { AuthorizedKey } from '../../keys/authorized-keys.ts';
import { KeyError } from '../../keys/key-error.ts';
import { parseKeyOptions } from '../../keys/key-options.ts';
import { isVfsError } from '../../vfs/errors.ts';
import { parseRequestWords, type RequestWord } from '../../vfs/request-words.ts';
import type { Account } from './account.ts';
import { AccountError } from './account-error.ts';

export interface AccountRow {
  readonly uid: number;
  readonly name: string;
  readonly superuser: number;
  readonly enabled: number;
  readonly shell: number;
  readonly bytes_max: number | null;
  readonly inodes_max: number | null;
  readonly file_size_max: number | null;
  readonly password_hash: string | null;
  readonly read_only: number;
  readonly denied: string;
}

export interface KeyRow {
  readonly fingerprint: string;
  readonly type: string;
  readonly blob: Uint8Array;
  readonly options: string;
  readonly comment: string;
}

/** The account of a row. */
export function accountOf(row: AccountRow, keys: readonly AuthorizedKey[]): Account {
  return {
    name: row.name,
    uid: row.uid,
    gid: row.uid,
    superuser: row.superuser === 1,
    enabled: row.enabled === 1,
    shell: row.shell === 1,
    limits: {
      bytes: row.bytes_max ?? undefined,
      inodes: row.inodes_max ?? undefined,
      fileSize: row.file_size_max ?? undefined,
    },
    readOnly: row.read_only === 1,
    denied: deniedOf(row),
    passwordHash: row.password_hash ?? undefined,
    keys,
  };
}

/** `FILE` for what a newer version denies and this one does not know: the account must not gain rights. */
function deniedOf({ name, denied }: AccountRow): RequestWord[] {
  try {
    return parseRequestWords(denied);
  } catch (error) {
    if (!isVfsError(error, 'EINVAL')) throw error;
    throw new AccountError(
      'FILE',
      `what ${name} is denied was written by a newer version of anyfs; use that version or newer`,
    );
  }
}

/** The key of a row; absent where its options, written by a newer version, are not understood: it must not gain rights. */
export function keyOf(row: KeyRow): AuthorizedKey | undefined {
  try {
    const options = parseKeyOptions(row.options);
    return { type: row.type, blob: row.blob, comment: row.comment, options, optionsText: row.options };
  } catch (error) {
    if (error instanceof KeyError) return undefined;
    throw error;
  }
}
