import { succeed, type RunOptions, runProgram, type Finished } from './run-program.ts';
import type { Login } from './login.ts';
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';

/** Options for `pscp` and `plink`: this key alone, the host key pinned, no question asked. The key file is converted beside it. */
export async function puttyOptions({ identity, knownHosts, port }: Login): Promise<string[]> {
  const key = `${identity}.ppk`;
  await succeed('puttygen', [identity, '-O', 'private', '-o', key]);
  const hostKeys = readFileSync(knownHosts, 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : ['-hostkey', `SHA256:${fingerprint(line.split(' ')[2] ?? '')}`]));
  return ['-batch', '-noagent', '-i', key, ...hostKeys, '-P', String(port)];
}

function fingerprint(key: string): string {
  return createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '');
}

/** Runs a command line on the server by the real `plink`. */
export async function plink(login: Login, line: string, options: RunOptions = {}): Promise<Finished> {
  const args = [...(await puttyOptions(login)), '-ssh', `${login.user}@${login.host}`, line];
  return runProgram('plink', args, options);
}
