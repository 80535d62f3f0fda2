import type { AuthorizedKey } from '../../keys/authorized-keys.ts';
import { KeyError } from '../../keys/key-error.ts';
import { parseKeyOptions } from '../../keys/key-options.ts';
import type { Account } from './account.ts';

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
    passwordHash: row.password_hash ?? undefined,
    keys,
  };
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
