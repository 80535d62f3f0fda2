import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../config/environment.ts';

/** A stream that may lead to a terminal. */
export type Terminal<S> = S & { readonly isTTY?: boolean };

/** Everything of the process that a command may touch, so that tests can stand in for it. */
export interface Io {
  readonly stdin: Terminal<Readable>;
  readonly stdout: Terminal<Writable>;
  readonly stderr: Terminal<Writable>;
  readonly env: Environment;
  /** The directory that relative paths start from. */
  readonly cwd: string;
  /** The person's home directory. */
  readonly home: string;
  /** Aborts when the command should end early: Ctrl-C, or a request to terminate. */
  readonly signal: AbortSignal;
}
