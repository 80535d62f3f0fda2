import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { SftpTarget } from './peer.ts';

const POLL_MILLISECONDS = 20;
const START_MILLISECONDS = 30_000;

/** A server that may not be ready yet. */
export interface Starting {
  /** The file that its output goes to. */
  readonly log: string;
  exited(): boolean;
}

export interface ServerProcess extends Starting {
  readonly pid: number;
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>;
}

/** Starts a server whose output goes to the file `log`. */
export function spawnServer(command: string, args: readonly string[], log: string): ServerProcess {
  const output = openSync(log, 'a');
  const child = spawn(command, args, { stdio: ['ignore', output, output] });
  closeSync(output);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  if (child.pid === undefined) throw new Error(`${command} cannot be started`);
  return {
    pid: child.pid,
    log,
    exited: () => child.exitCode !== null || child.signalCode !== null,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export async function waitUntilListening(port: number, server: Starting): Promise<void> {
  await until(server, async () => ((await accepts(port)) ? true : undefined));
}

/** Waits for a line in the server's log; answers its match. */
export async function waitForLine(log: string, line: RegExp, server: Starting): Promise<RegExpMatchArray> {
  return until(server, async () => (await readFile(log, 'utf8').catch(() => '')).match(line) ?? undefined);
}

async function until<T>(server: Starting, ready: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + START_MILLISECONDS;
  while (performance.now() < deadline && !server.exited()) {
    const answer = await ready();
    if (answer !== undefined) return answer;
    await delay(POLL_MILLISECONDS);
  }
  throw new Error(`the server did not start; its log says:\n${await readFile(server.log, 'utf8')}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}

/** A port that was free a moment ago, for servers that cannot choose one themselves. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** A new ed25519 key without a passphrase: `file` and `file.pub`. */
export async function makeKey(file: string): Promise<void> {
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', file]);
}

/** Makes the users' directories; `root` is what the server shows as `/`. */
export async function directoriesOf(users: readonly SftpTarget[], root = '/'): Promise<void> {
  for (const { directory } of users) await mkdir(join(root, directory), { recursive: true });
}
