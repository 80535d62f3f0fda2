import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { PASSWORD_BYTES_MAX, passwordProblem } from '../server/auth/password-hash.ts';
import { Failure, UsageError } from './failure.ts';
import type { Io } from './io.ts';
import { readLimited } from './read-limited.ts';

/** The password that comes in on standard input: one line, asked for twice and not shown where a person types it. */
export async function readPassword(io: Io): Promise<string> {
  const password = io.stdin.isTTY === true ? await ask(io) : await readLine(io);
  const problem = passwordProblem(password);
  if (problem !== undefined) throw new UsageError(problem);
  return password;
}

async function readLine(io: Io): Promise<string> {
  const bytes = await readLimited(io.stdin, PASSWORD_BYTES_MAX * 2);
  const text = bytes.toString('utf8').replace(/\r?\n$/, '');
  if (/[\r\n]/.test(text))
    throw new UsageError('standard input has more than one line; give the password alone');
  return text;
}

async function ask(io: Io): Promise<string> {
  // The editor of the line draws nothing, so nothing is seen of what is typed.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: io.stdin, output: nowhere, terminal: true });
  const prompt = async (text: string): Promise<string> => {
    io.stderr.write(text);
    const answer = await reader.question('', { signal: io.signal });
    io.stderr.write('\n');
    return answer;
  };
  // In raw mode the terminal does not turn Ctrl-C into a signal.
  reader.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const first = await prompt('Password: ');
    const second = await prompt('Again: ');
    if (first !== second) throw new Failure('the two passwords differ; nothing was changed');
    return first;
  } finally {
    reader.close();
  }
}
