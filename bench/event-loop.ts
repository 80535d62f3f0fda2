import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { loginOptions, place, runClient, sftp } from './client.ts';
import { parseBytes } from './options.ts';
import { ANYFS } from './peers/anyfs.ts';
import { cpuSeconds } from './process-tree.ts';
import { makeKey, waitForLine } from './start.ts';
import { makeRandomFile } from './workloads/random-file.ts';
import { makeChanged } from './workloads/rsync.ts';

const PROBE = fileURLToPath(new URL('event-loop-probe.mjs', import.meta.url));
const LIMIT_MILLISECONDS = 50;
/** CPU that a server at rest uses in a second. */
const RESTING_SECONDS = 0.05;

/** Milliseconds at most. */
interface Delay {
  /** That a timer was late, for whatever reason. */
  readonly late: number;
  /** The same without the time in which the main thread was ready but got no core: what the server itself did. */
  readonly held: number;
  /** The 99th percentile of `held`. */
  readonly p99: number;
}

/**
 * How long the built server's event loop is held while a large file is put, read and above all removed; or pushed and pulled
 * by the real `rsync`, first and with 1 % of it changed.
 */
async function main(size: number, withRsync: boolean): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'anyfs-event-loop-'));
  const key = join(scratch, 'key');
  const data = join(scratch, 'data');
  const log = join(scratch, 'server.log');
  await makeKey(key);
  await promisify(execFile)(process.execPath, [
    ANYFS,
    'user',
    'add',
    'bench',
    '--data',
    data,
    '--key',
    `${key}.pub`,
  ]);
  // One process, or it would be the supervisor's event loop.
  const args = ['serve', '--data', data, '--listen', '127.0.0.1:0', '--workers', '1'];
  const server = fork(ANYFS, args, { execArgv: ['--import', PROBE], silent: true });
  const output = createWriteStream(log);
  server.stdout?.pipe(output);
  server.stderr?.pipe(output);
  try {
    const [, port] = await waitForLine(log, /sftp -P (\d+) /, {
      log,
      exited: () => server.exitCode !== null,
    });
    const target = { host: '127.0.0.1', port: Number(port), user: 'bench', identity: key, directory: '' };
    const ask = async (question: 'reset' | 'read'): Promise<Delay> => {
      server.send(question);
      const [answer] = (await once(server, 'message')) as [Delay];
      return answer;
    };
    const watch = async (name: string, run: () => Promise<unknown>): Promise<Delay> => {
      await ask('reset');
      await run();
      await atRest(server.pid ?? 0);
      const held = await ask('read');
      const figures = `held ${held.held.toFixed(1)} ms, p99 ${held.p99.toFixed(1)} ms, late ${held.late.toFixed(1)} ms`;
      print(`${name.padEnd(10)} ${figures}`);
      return held;
    };
    const large = join(scratch, 'large');
    await makeRandomFile(large, size);
    print(
      `${(size / 2 ** 30).toFixed(1)} GiB, load ${loadavg()[0]?.toFixed(2)}; the event loop at most (late: with the time that others had the cores):`,
    );
    const said = (...commands: string[]) => sftp(target, commands);
    await watch('login', () => said('pwd'));
    if (withRsync) {
      const [changed, copy] = [join(scratch, 'changed'), join(scratch, 'copy')];
      await makeChanged(large, changed);
      const ssh = ['ssh', '-p', port, ...loginOptions(target)].join(' ');
      const rsync = (from: string, to: string) => runClient('rsync', ['-t', '-e', ssh, from, to]);
      const there = `${place(target)}:large`;
      await watch('push', () => rsync(large, there));
      await watch('delta push', () => rsync(changed, there));
      await watch('pull', () => rsync(there, copy));
      await copyFile(large, copy);
      await watch('delta pull', () => rsync(there, copy));
    } else {
      await watch('put', () => said(`put "${large}" large`));
      await watch('get', () => said(`get large "${large}"`));
    }
    const removal = await watch('remove', () => said('rm large'));
    if (removal.held > LIMIT_MILLISECONDS) process.exitCode = 1;
  } finally {
    server.kill('SIGTERM');
    if (server.exitCode === null) await once(server, 'exit');
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Waits until what goes on in the background is done, too. */
async function atRest(pid: number): Promise<void> {
  for (let before = -1; ; await delay(1000)) {
    const now = cpuSeconds(pid);
    if (now - before < RESTING_SECONDS) return;
    before = now;
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const { values } = parseArgs({
  options: { size: { type: 'string', default: '4GiB' }, rsync: { type: 'boolean', default: false } },
});
await main(parseBytes(values.size), values.rsync);
