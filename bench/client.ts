import { spawn, type ChildProcess } from 'node:child_process';
import type { SftpTarget } from './peer.ts';

/** Nothing of the person's own configuration, no questions, one key. */
const OPTIONS = [
  'BatchMode=yes',
  'IdentitiesOnly=yes',
  'IdentityAgent=none',
  'StrictHostKeyChecking=no',
  'UserKnownHostsFile=/dev/null',
];

/** What `ssh`, `sftp` and `scp` need to log in, but for the port, whose flag differs. */
export function loginOptions({ identity }: SftpTarget, cipher?: string, logLevel = 'ERROR'): string[] {
  const options = [...OPTIONS, `LogLevel=${logLevel}`].flatMap((option) => ['-o', option]);
  return ['-F', '/dev/null', '-i', identity, ...options, ...(cipher === undefined ? [] : ['-c', cipher])];
}

/** `user@host`. */
export function place({ user, host }: SftpTarget): string {
  return `${user}@${host}`;
}

/** Runs commands in one session of the real OpenSSH `sftp`; rejects with what it said where one of them fails. */
export async function sftp(target: SftpTarget, commands: readonly string[], cipher?: string): Promise<void> {
  const args = ['-q', '-b', '-', '-P', String(target.port), ...loginOptions(target, cipher), place(target)];
  await runClient('sftp', args, commands.map((command) => `${command}\n`).join(''));
}

/** Runs a client to its end and answers its standard output; rejects with what it said where it fails. */
export async function runClient(command: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(command, args, { stdio: 'pipe' });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await exitOf(child);
  if (code === 0) return said.out;
  throw new Error(`${command} ended with ${code}: ${said.err.trim()}`);
}

/** Resolves once a child and its streams have ended. */
export function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
}
