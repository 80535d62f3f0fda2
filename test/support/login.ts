import { succeed, runProgram, type Finished, type RunOptions } from './run-program.ts';

/** How a client gets in: by a key that needs no passphrase, or by a password. */
export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** File of the private key; its public half is beside it. */
  readonly identity: string;
  /** A known_hosts file with the server's keys. */
  readonly knownHosts: string;
}

/** Options for `ssh`, `sftp`, `scp` and `sshfs`: this key alone, the host key checked, no question asked. */
export function sshOptions({ identity, knownHosts }: Login): string[] {
  const options = [
    `IdentityFile=${identity}`,
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
  ];
  return options.flatMap((option) => ['-o', option]);
}

export interface SftpOptions extends RunOptions {
  readonly args?: readonly string[] | undefined;
  /** The remote directory to begin in. */
  readonly directory?: string | undefined;
}

/** Runs commands in one session of the real `sftp` in batch mode; each must succeed unless it begins with `-`. */
export function sftp(
  login: Login,
  commands: readonly string[],
  options: SftpOptions = {},
): Promise<Finished> {
  return succeed('sftp', sftpArguments(login, options), { ...options, input: script(commands) });
}

/** As `sftp`, for commands that may fail. */
export function trySftp(
  login: Login,
  commands: readonly string[],
  options: SftpOptions = {},
): Promise<Finished> {
  return runProgram('sftp', sftpArguments(login, options), { ...options, input: script(commands) });
}

/** The command line of a batch. */
export function sftpArguments(login: Login, { args = [], directory }: SftpOptions): string[] {
  const destination = `${login.user}@${login.host}${directory === undefined ? '' : `:${directory}`}`;
  return ['-q', '-b', '-', '-P', String(login.port), ...sshOptions(login), ...args, destination];
}

function script(commands: readonly string[]): string {
  return commands.map((command) => `${command}\n`).join('');
}

/** What a batch printed, without the lines that repeat its commands. */
export function answers({ stdout }: Finished): string[] {
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('sftp> '));
}
