import type { MessagePort } from 'node:worker_threads';
import type { Account } from '../../auth/account.ts';
import type { RequestWord } from '../../../vfs/request-words.ts';
import type { VfsPath } from '../../../vfs/path.ts';

/** What the two sides of a shell say to each other: the SSH thread, which has the channel, and the shell's own thread. */

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A terminal as the client asked for it (RFC 4254 section 6.2). */
export interface TerminalRequest extends TerminalSize {
  /** The client's `$TERM`. */
  readonly term: string;
}

/** What a shell that takes another's place goes on with. Text of shell commands. */
export interface SavedState {
  readonly cwd: VfsPath;
  readonly variables: string;
  readonly functions: string;
  readonly aliases: string;
  readonly umask: number;
}

/** Where a shell's commands come from: one line, standard input, or a person at a terminal. */
export type ShellInput =
  | { readonly from: 'line'; readonly line: string }
  | { readonly from: 'stdin' }
  | { readonly from: 'person'; readonly greeting: boolean };

export interface ShellStart {
  /** The account's mount, served on the other end. */
  readonly mount: MessagePort;
  /** What the mount says that it denies, which the protocol of remote storages does not carry. */
  readonly denied: ReadonlySet<RequestWord> | undefined;
  readonly account: Pick<Account, 'name' | 'uid' | 'gid' | 'superuser' | 'limits'>;
  readonly host: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: ShellInput;
  readonly terminal: TerminalRequest | undefined;
  readonly state: SavedState;
  /** One Int32, 1: Ctrl-C is on its way, told to a thread that listens to no message. The shell sets it back. */
  readonly interrupted: SharedArrayBuffer;
}

export type ToShell =
  | { readonly type: 'start'; readonly start: ShellStart }
  | { readonly type: 'input'; readonly bytes: Uint8Array }
  | { readonly type: 'input-ended' }
  /** So many bytes of output have gone to the client. */
  | { readonly type: 'taken'; readonly bytes: number }
  | { readonly type: 'resized'; readonly size: TerminalSize }
  /** Ends what runs now, as Ctrl-C does. Answered by `settled`. */
  | { readonly type: 'interrupt' };

export type FromShell =
  /** Input and signals are taken from now on. */
  | { readonly type: 'started' }
  | { readonly type: 'output'; readonly to: 'stdout' | 'stderr'; readonly bytes: Uint8Array }
  /** So many bytes of input have been used. */
  | { readonly type: 'used'; readonly bytes: number }
  | { readonly type: 'state'; readonly state: SavedState }
  | { readonly type: 'settled' }
  /** A program draws on the whole screen, or does so no more. */
  | { readonly type: 'full-screen'; readonly on: boolean }
  | { readonly type: 'ended'; readonly status: number }
  /** It holds more than `BESIDE_HEAP_MAX_MIB`, and goes. */
  | { readonly type: 'memory-full' };

/** Bytes on their way at once, in either direction. */
export const INPUT_WINDOW = 256 * 1024;
export const OUTPUT_WINDOW = 512 * 1024;

/** MiB that one shell may fill of V8's heap; the engine, loaded and idle, takes about 20. */
export const HEAP_MAX_MIB = 160;
/** MiB that it may hold besides. V8 collects garbage there when half of a heap has come to what lived. */
export const BESIDE_HEAP_MAX_MIB = 256;

/** Its name in a list of commands that were interrupted: as bash answers for SIGINT. */
export const INTERRUPTED_STATUS = 130;
