import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';

export interface WorkerProcessOptions {
  /** The program of a worker. */
  readonly main: URL;
  readonly start: WorkerStart;
  readonly onMessage: (message: FromWorker) => void;
}

/** One worker, from its start to its end. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Resolves, once, with words on how the process ended, when all that it sent has been heard. */
  readonly ended: Promise<string>;
  send(message: ToWorker): void;
  /** Hands over a client: the process gets a descriptor of its own. What was sent may never arrive where it is dying. */
  give(message: ToWorker, socket: Socket): void;
  kill(): void;
}

/**
 * Node's mark-and-sweep in one go, and code that is kept, as cli/garbage-collector.ts has it for a server that is one process, from a
 * worker's first moment on; and MiB of a young generation's half, in which little is alive: it is 16 by itself.
 */
const FLAGS = ['--no-incremental-marking', '--no-flush-bytecode', '--max-semi-space-size=4'];
/** For glibc, where nobody says otherwise: each arena keeps what was freed in it. Storages in threads of their own would wait for each other. */
const ONE_ARENA = { MALLOC_ARENA_MAX: '1' };

/** Starts a worker; it has standard error in common with this process, and nothing else but messages. */
export function startWorkerProcess({ main, start, onMessage }: WorkerProcessOptions): WorkerProcess {
  const child = fork(main, {
    env: { ...(start.config.storageWorkers === 0 ? ONE_ARENA : {}), ...process.env },
    execArgv: [...process.execArgv, ...FLAGS],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.on('message', (message) => onMessage(message as FromWorker));
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
  });
  const worker: WorkerProcess = {
    pid: child.pid,
    ended,
    send: (message) => {
      if (child.connected) child.send(message, ignoreGone);
    },
    give: (message, socket) => {
      if (child.connected) give(child, message, socket);
    },
    kill: () => void child.kill('SIGKILL'),
  };
  worker.send({ kind: 'start', start });
  return worker;
}

/**
 * By itself Node would close the socket here when the process has confirmed that it came, and never where it dies
 * before; and would ask all workers for their sockets before it closes the listener that this one is from.
 */
function give(child: ChildProcess, message: ToWorker, socket: Socket & { server?: unknown }): void {
  socket.server = null;
  child.send(message, socket, { keepOpen: true }, ignoreGone);
}

/** A worker that is gone tells by its end. */
function ignoreGone(): void {}
