import type { CallContext } from '../../../vfs/backend.ts';
import type { ProgramContext } from '../program.ts';
import type { Dialect } from './handshake.ts';
import type { Options } from './options/options.ts';
import type { Report } from './report.ts';
import type { Input } from './wire/input.ts';
import type { Output } from './wire/output.ts';

/** What a session knows once both sides have shaken hands. */
export interface Session {
  readonly program: Pick<ProgramContext, 'mount' | 'cwd' | 'account' | 'names' | 'umask' | 'now' | 'log'>;
  /** With the signal that ends the session. */
  readonly ctx: CallContext;
  readonly options: Options;
  /** Path arguments, one character a byte. */
  readonly paths: readonly string[];
  readonly dialect: Dialect;
  readonly input: Input;
  readonly output: Output;
  readonly report: Report;
  /** Messages of the peer that are for the transfer: SUCCESS, NO_SEND, IO_ERROR. */
  onMessage: (tag: number, payload: Buffer) => void;
  /** Ends all waits of the session; the reason is told elsewhere. */
  readonly fail: (error: unknown) => void;
  /** Bytes that have come so far. */
  readonly received: () => number;
}
