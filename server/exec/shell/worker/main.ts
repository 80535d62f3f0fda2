import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { connectBackend, PortChannel } from '../../../../vfs/backends/remote/index.ts';
import type { FromShell, ShellStart, ToShell } from '../messages.ts';
import { InputSource } from './input-source.ts';
import { MemoryGuard } from './memory-guard.ts';
import { Output } from './output.ts';
import { ShellSession } from './session.ts';

/** The thread of one shell. Nothing of the process is used but the port to the SSH thread and the account's mount. */

/** Lower than the SSH thread: whoever computes here does not slow down the transfers of others. */
const NICE = 5;

if (parentPort === null) throw new Error('a shell runs in a thread of its own');
const port = parentPort;

const post = (message: FromShell, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);
const input = new InputSource((bytes) => post({ type: 'used', bytes }));
const output = new Output(post);
const memory = new MemoryGuard(() => {
  post({ type: 'memory-full' });
  process.exit();
});
let session: ShellSession | undefined;

const HANDLERS: { readonly [K in ToShell['type']]: (message: Extract<ToShell, { type: K }>) => void } = {
  start: ({ start }) => void begin(start),
  input: ({ bytes }) => session?.receive(bytes),
  'input-ended': () => input.end(),
  taken: ({ bytes }) => output.taken(bytes),
  resized: ({ size }) => session?.resized(size),
  interrupt: () => session?.interrupt(),
};

port.on('message', (message: ToShell) => {
  const handler = HANDLERS[message.type] as (message: ToShell) => void;
  handler(message);
});

beNice();

async function begin(start: ShellStart): Promise<void> {
  const { denied } = start;
  const connected = await connectBackend(new PortChannel(start.mount));
  const mount = denied === undefined ? connected : Object.assign(connected, { denied });
  session = new ShellSession({ start, mount, input, output, post, onCommand: memory.onCommand });
  post({ type: 'started' });
  const status = await session.run();
  post({ type: 'ended', status });
}

/** Threads of Linux have priorities of their own. Elsewhere all is as it was. */
function beNice(): void {
  try {
    const [, thread] = /\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self')) ?? [];
    if (thread !== undefined) setPriority(Number(thread), NICE);
  } catch {
    // Another system, or not allowed.
  }
}
