import { join } from 'node:path';
import { clientServer, type ClientServer } from './client-server.ts';
import { sftp, trySftp } from './login.ts';
import { requireProgram } from './require-program.ts';
import type { Finished } from './run-program.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Batches of the real `sftp` as alice, for one suite. */
export interface SftpBatches {
  readonly server: () => ClientServer;
  /** Runs commands in a remote directory that is new for each test, with the test's local directory as the current one. */
  readonly run: (...commands: string[]) => Promise<Finished>;
  /** As `run`, for commands that may fail. */
  readonly attempt: (...commands: string[]) => Promise<Finished>;
  /** A path in the test's local directory. */
  readonly local: (name: string) => string;
  /** The remote directory of the test, without a slash. */
  readonly remote: () => string;
}

/** Starts a server for the suite; call inside `describe`. */
export function sftpBatches(): SftpBatches {
  before(function () {
    requireProgram(this, 'sftp');
  });
  const server = clientServer({ alice: {} });
  const directory = temporaryDirectory();
  let tests = 0;
  beforeEach(() => {
    tests += 1;
  });
  const remote = (): string => `test-${tests}`;
  const begin = (): string[] => [`-mkdir ${remote()}`, `cd ${remote()}`];
  const login = () => server().login('alice');
  return {
    server,
    remote,
    run: (...commands) => sftp(login(), [...begin(), ...commands], { cwd: directory() }),
    attempt: (...commands) => trySftp(login(), [...begin(), ...commands], { cwd: directory() }),
    local: (name) => join(directory(), name),
  };
}
