import { spawn } from 'node:child_process';
import { ANYFS, requireBuild } from './built-anyfs.ts';

const START_MILLISECONDS = 30_000;
/** What the server says when it is ready: a line to paste. */
const READY = /sftp -P (\d+) /;

/** The built server in a process of its own. */
export interface BuiltServer {
  readonly pid: number;
  readonly port: number;
  readonly data: string;
  /** Everything that it has printed. */
  log(): string;
  running(): boolean;
  /** Asks it to end (SIGTERM) and answers its exit status. Again: the same. */
  stop(): Promise<number | null>;
  /** Ends it as a crash does (SIGKILL). */
  kill(): Promise<void>;
}

/** Starts `anyfs serve` on a data directory and a free port of the loopback; resolves once it is ready. */
export async function startBuiltServer(data: string, ...flags: string[]): Promise<BuiltServer> {
  requireBuild();
  const args = [ANYFS, 'serve', '--data', data, '--listen', '127.0.0.1:0', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let seen = (): void => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      seen();
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (status) => resolve(status));
  });
  const port = await new Promise<number>((resolve, reject) => {
    const give = (): void => reject(new Error(`the server did not start:\n${printed}`));
    const timer = setTimeout(give, START_MILLISECONDS);
    void ended.then(give);
    seen = () => {
      const found = READY.exec(printed)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      seen = () => {};
      resolve(Number(found));
    };
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  const signal = (name: NodeJS.Signals): Promise<number | null> => {
    child.kill(name);
    return ended;
  };
  return {
    pid: child.pid ?? 0,
    port,
    data,
    log: () => printed,
    running: () => child.exitCode === null && child.signalCode === null,
    stop: () => signal('SIGTERM'),
    kill: async () => void (await signal('SIGKILL')),
  };
}
