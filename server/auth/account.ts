import type { AuthorizedKey } from '../../keys/authorized-keys.ts';
import type { Limits } from '../../vfs/backend.ts';
import type { RequestWord } from '../../vfs/request-words.ts';

/** One user of the server. There is no account of the host behind it. */
export interface Account {
  /** `[a-z_][a-z0-9_.-]{0,31}`; also the name of the storage file. */
  readonly name: string;
  /** From 10,000 up, never given out again. */
  readonly uid: number;
  /** The same number as `uid`. */
  readonly gid: number;
  /** Root within its own storage. */
  readonly superuser: boolean;
  /** False: exists, but cannot log in. */
  readonly enabled: boolean;
  /** False: no shell; plain commands, copies and SFTP go on. */
  readonly shell: boolean;
  readonly limits: Limits;
  /** True: nothing in its storage can be changed by it. */
  readonly readOnly: boolean;
  /** Requests that it may not make, by whatever protocol. */
  readonly denied: readonly RequestWord[];
  /** argon2id in PHC string format; absent: no password login. */
  readonly passwordHash: string | undefined;
  readonly keys: readonly AuthorizedKey[];
}

/** What the server asks of the account store, afresh at each login, so that changes take effect at the next one. */
export interface AccountDirectory {
  find(name: string): Account | undefined;
  /** Absent where no account has the uid (gid). */
  nameOfUid(uid: number): string | undefined;
}
