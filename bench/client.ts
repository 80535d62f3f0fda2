import { spawn } from 'node:child_process';
import type { SftpTarget } from './peer.ts';

/** Runs commands in one session of the real OpenSSH `sftp`; rejects with what it said where one of them fails. */
export function sftp(target: SftpTarget, commands: readonly string[], cipher?: string): Promise<void> {
  const args = ['-q', '-b', '-', '-P', String(target.port), '-i', target.identity];
  for (const option of OPTIONS) args.push('-o', option);
  if (cipher !== undefined) args.push('-c', cipher);
  const child = spawn('sftp', [...args, `${target.user}@${target.host}`], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdin.end(commands.map((command) => `${command}\n`).join(''));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`sftp ended with ${code}: ${said.trim()}`));
    });
  });
}

/** Nothing of the person's own configuration, no questions, one key. */
const OPTIONS = [
  'BatchMode=yes',
  'IdentitiesOnly=yes',
  'IdentityAgent=none',
  'StrictHostKeyChecking=no',
  'UserKnownHostsFile=/dev/null',
  'LogLevel=ERROR',
];
