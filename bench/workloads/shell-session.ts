import { spawn } from 'node:child_process';
import { exitOf, loginOptions, place } from '../client.ts';
import type { SftpTarget } from '../peer.ts';

/** A shell on a terminal. */
export interface ShellSession {
  /** From the login to the first answer. */
  readonly milliseconds: number;
  close(): Promise<void>;
}

/** What ssh says at LogLevel=VERBOSE once it is in. */
const LOGGED_IN = /^Authenticated to /m;
/** Not in the echo of the line that asks for it. */
const QUESTION = 'echo ready-$((40 + 2))\n';
const ANSWER = 'ready-42';

/** Logs in and waits until the shell does what it is told. Rejects where the session ends before. */
export async function openShell(target: SftpTarget): Promise<ShellSession> {
  const args = [
    '-tt',
    '-p',
    String(target.port),
    ...loginOptions(target, undefined, 'VERBOSE'),
    place(target),
  ];
  const child = spawn('ssh', args, { stdio: 'pipe' });
  const ended = exitOf(child);
  let said = '';
  let shown = '';
  let loggedIn = 0;
  child.stdin.on('error', () => {});
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (loggedIn === 0 && LOGGED_IN.test(said)) loggedIn = performance.now();
  });
  child.stdin.write(QUESTION);
  const ready = new Promise<number>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      if (shown.includes(ANSWER)) resolve(performance.now());
    });
  });
  const lost = ended.then((code): never => {
    throw new Error(`the shell ended with ${String(code)}: ${lastLine(shown) || lastLine(said)}`);
  });
  lost.catch(() => {});
  const at = await Promise.race([ready, lost]);
  return {
    milliseconds: at - loggedIn,
    async close() {
      child.stdin.end('exit\n');
      await ended;
    },
  };
}

function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1) ?? '';
}
