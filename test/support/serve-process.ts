import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const START_MILLISECONDS_MAX = 15_000;

export interface ServeOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Further flags of node. */
  readonly node?: readonly string[] | undefined;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `anyfs serve` as a process of its own. */
export interface ServeProcess {
  readonly pid: number;
  /** Settles with the last startup line, or rejects when the process ends before it. */
  readonly started: Promise<string>;
  readonly ended: Promise<Ended>;
  output(): { readonly stdout: string; readonly stderr: string };
  kill(signal: NodeJS.Signals): void;
}

/** Runs `anyfs serve`; the caller kills it. */
export function serveProcess({ args, env, node = [] }: ServeOptions): ServeProcess {
  const argv = ['--import', 'tsx', ...node, MAIN, 'serve', ...args];
  // Workers from sources start slowly; the built server's tests have them.
  const child = spawn(process.execPath, argv, {
    env: { PATH: process.env['PATH'], ANYFS_WORKERS: '1', ...env },
  });
  const collected = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (collected[name] += text));
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, ...collected }));
  });
  return {
    pid: child.pid ?? 0,
    ended,
    started: lastStartupLine(child, () => collected, ended),
    output: () => collected,
    kill: (signal) => void child.kill(signal),
  };
}

function lastStartupLine(
  child: ChildProcess,
  output: () => { readonly stdout: string; readonly stderr: string },
  ended: Promise<Ended>,
): Promise<string> {
  const line = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`not started: ${JSON.stringify(output())}`)),
      START_MILLISECONDS_MAX,
    );
    child.stdout?.on('data', () => {
      const found = /^sftp .*$/m.exec(output().stdout)?.[0];
      if (found === undefined || !output().stdout.endsWith('\n')) return;
      clearTimeout(timer);
      resolve(found);
    });
    void ended.then(({ stderr }) => {
      clearTimeout(timer);
      reject(new Error(`ended before it had started: ${stderr}`));
    });
  });
  // Tests of failures wait for the end alone.
  line.catch(() => {});
  return line;
}
