import type { Readable, Writable } from 'node:stream';
import type { VfsBackend } from '../../vfs/backend.ts';
import type { VfsPath } from '../../vfs/path.ts';
import type { Account } from '../auth/account.ts';
import type { Logger } from '../log.ts';
import type { OwnerNames } from '../sftp/longname.ts';

/** The terminal that a client asked for; columns and rows follow its window. */
export interface Terminal {
  /** As `$TERM` has it. */
  readonly term: string;
  /** 0: unknown. */
  readonly columns: number;
  readonly rows: number;
}

/** What a program works with. It sees the account's mount and nothing of the host. */
export interface ProgramContext {
  /** The words after the program's name. Text as names are: a byte that is not UTF-8 is a lone surrogate (vfs/names.ts). */
  readonly args: readonly string[];
  /** Where relative paths begin. */
  readonly cwd: VfsPath;
  readonly env: Readonly<Record<string, string>>;
  /** Bytes. `stdin` ends when the client says EOF; writes are done when the client has room for them. */
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Absent: what is written goes to no terminal. */
  readonly terminal?: Terminal | undefined;
  /** The account's storage through all of its layers. */
  readonly mount: VfsBackend;
  readonly account: Pick<Account, 'name' | 'uid' | 'gid' | 'superuser' | 'limits'>;
  readonly names: OwnerNames;
  /** Taken from the modes of what is made. */
  readonly umask: number;
  /** Aborts when the channel is gone or the client sends a signal that ends programs. A program ends soon after. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Answers the exit status, 0 to 255. A `VfsError` that it throws becomes one line on stderr and status 1. */
export type Program = (context: ProgramContext) => Promise<number>;
