import { MessageChannel, type Worker } from 'node:worker_threads';
import { PortChannel, serveBackend, type Served } from '../../../vfs/backends/remote/index.ts';
import type { CommandContext } from '../run.ts';
import {
  BESIDE_HEAP_MAX_MIB,
  HEAP_MAX_MIB,
  INPUT_WINDOW,
  INTERRUPTED_STATUS,
  type FromShell,
  type SavedState,
  type ShellInput,
  type ToShell,
} from './messages.ts';
import type { ClientTerminal } from './client-terminal.ts';
import type { ShellThreads } from './threads.ts';

export interface ShellRequest {
  readonly threads: ShellThreads;
  readonly context: CommandContext;
  readonly input: ShellInput;
  readonly host: string;
  readonly terminal: ClientTerminal | undefined;
}

/** What listens to nothing for so long after Ctrl-C is ended from outside. */
const PATIENCE_MILLISECONDS = 70;
const CONTROL_C = 3;
/** Begins what is shown of Ctrl-C. */
const CARET = 94;
/** As a shell answers for SIGKILL and SIGTERM. */
const KILLED = 137;
const TERMINATED = 143;
const REFUSED = 1;
const FAILED = 1;
/** Leaves the alternate screen, shows the cursor, and takes colours away. */
const PLAIN_SCREEN = '\u001b[?1049l\u001b[?25h\u001b[0m';

/** Runs a shell in a thread of its own and answers its exit status. It ends with `context.signal`, whatever it does. */
export async function runShell(request: ShellRequest): Promise<number> {
  const { threads, context, terminal } = request;
  const leave = await threads.enter(context.account.name);
  if (typeof leave === 'string') {
    context.stderr.write(`anyfs: ${leave}${terminal === undefined ? '' : '\r'}\n`);
    return REFUSED;
  }
  try {
    return await new RunningShell(request).run();
  } finally {
    leave();
  }
}

/** Why a thread has ended. */
type End =
  | { readonly by: 'itself'; readonly status: number }
  | { readonly by: 'interrupt' }
  | { readonly by: 'memory'; readonly mebibytes: number }
  | { readonly by: 'fault'; readonly error: unknown }
  | { readonly by: 'signal' };

class RunningShell {
  readonly #request: ShellRequest;
  #state: SavedState;
  #worker: Worker | undefined;
  #served: Served | undefined;
  /** Bytes of input that the thread may still be sent. */
  #credit = INPUT_WINDOW;
  /** Of the thread: Ctrl-C is on its way. */
  #interrupted: Int32Array = new Int32Array(1);
  /** The thread before, which ends. */
  #leaving: Promise<unknown> = Promise.resolve();
  /** The thread takes input. */
  #started = false;
  #fullScreen = false;
  /** The thread has shown Ctrl-C. */
  #echoed = false;
  #patience: NodeJS.Timeout | undefined;
  #ended: (end: End) => void = () => {};

  constructor(request: ShellRequest) {
    this.#request = request;
    const { cwd, umask } = request.context;
    this.#state = { cwd, umask, variables: '', functions: '', aliases: '' };
  }

  async run(): Promise<number> {
    const { context, input, terminal } = this.#request;
    const stopInput = this.#relayInput();
    const stopResizes = terminal?.onResize((size) => this.#send({ type: 'resized', size }));
    const onAbort = (): void => this.#ended({ by: 'signal' });
    context.signal.addEventListener('abort', onAbort);
    try {
      let greeting = input.from === 'person' && input.greeting;
      for (;;) {
        const end: End = await this.#runThread(
          input.from === 'person' ? { from: 'person', greeting } : input,
        );
        greeting = false;
        if (end.by === 'itself') return end.status;
        if (end.by === 'signal') return TERMINATED;
        this.#tell(end);
        if (end.by === 'fault') return FAILED;
        if (input.from !== 'person') return end.by === 'interrupt' ? INTERRUPTED_STATUS : KILLED;
      }
    } finally {
      context.signal.removeEventListener('abort', onAbort);
      stopResizes?.();
      stopInput();
      await this.#leaving;
    }
  }

  /** One thread from its start to its end. */
  async #runThread(input: ShellInput): Promise<End> {
    const { threads, context, host, terminal } = this.#request;
    if (context.signal.aborted) return { by: 'signal' };
    const worker = threads.take();
    const { port1, port2 } = new MessageChannel();
    this.#served = serveBackend(context.mount, new PortChannel(port1));
    const { name, uid, gid, superuser, limits } = context.account;
    const ended = new Promise<End>((resolve) => {
      this.#ended = resolve;
      worker.once('error', (error: NodeJS.ErrnoException) => resolve(endBy(error)));
      worker.once('exit', () => resolve(endBy(new Error('the thread of a shell has ended'))));
    });
    worker.on('message', (message: FromShell) => this.#receive(message));
    this.#worker = worker;
    this.#credit = INPUT_WINDOW;
    const interrupted = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    this.#interrupted = new Int32Array(interrupted);
    const { term = '', columns = 0, rows = 0 } = terminal ?? {};
    const start = {
      mount: port2,
      denied: context.mount.denied,
      account: { name, uid, gid, superuser, limits },
      host,
      env: context.env,
      input,
      terminal: terminal === undefined ? undefined : { term, columns, rows },
      state: this.#state,
      interrupted,
    };
    worker.postMessage({ type: 'start', start } satisfies ToShell, [port2]);
    const end = await ended;
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#worker = undefined;
    this.#started = false;
    worker.removeAllListeners('message');
    await this.#leaving;
    // A person who has pressed Ctrl-C is served by the next one meanwhile.
    this.#leaving = Promise.all([worker.terminate(), this.#served.end()]);
    if (end.by !== 'interrupt') await this.#leaving;
    return end;
  }

  #receive(message: FromShell): void {
    const { context } = this.#request;
    switch (message.type) {
      case 'started':
        // The next one is made ready while this one is used.
        this.#request.threads.prepare();
        this.#started = true;
        this.#pump();
        return;
      case 'output': {
        const { bytes, to } = message;
        if (this.#patience !== undefined && bytes[0] === CARET) this.#echoed = true;
        const worker = this.#worker;
        context[to].write(bytes, () => {
          if (worker === this.#worker) this.#send({ type: 'taken', bytes: bytes.length });
        });
        return;
      }
      case 'used':
        this.#credit += message.bytes;
        return this.#pump();
      case 'state':
        this.#state = message.state;
        return;
      case 'settled':
        clearTimeout(this.#patience);
        this.#patience = undefined;
        return;
      case 'full-screen':
        this.#fullScreen = message.on;
        return;
      case 'ended':
        return this.#ended({ by: 'itself', status: message.status });
      case 'memory-full':
        return this.#ended({ by: 'memory', mebibytes: BESIDE_HEAP_MAX_MIB });
    }
  }

  #send(message: ToShell): void {
    this.#worker?.postMessage(message);
  }

  /** The client's input, as much at once as the thread takes; from a terminal all of it, or Ctrl-C could wait behind other keys. */
  #relayInput(): () => void {
    const { stdin } = this.#request.context;
    const pump = (): void => this.#pump();
    const end = (): void => this.#send({ type: 'input-ended' });
    stdin.on('readable', pump);
    stdin.on('end', end);
    return () => {
      stdin.off('readable', pump);
      stdin.off('end', end);
    };
  }

  #pump(): void {
    const { context, terminal } = this.#request;
    const { stdin } = context;
    for (;;) {
      const isWanted = this.#credit > 0 || terminal !== undefined;
      if (!this.#started || !isWanted) break;
      const chunk = stdin.read() as Buffer | null;
      if (chunk === null) break;
      if (terminal !== undefined && chunk.includes(CONTROL_C)) this.#expectSettled();
      if (this.#credit <= 0) continue;
      this.#credit -= chunk.length;
      this.#send({ type: 'input', bytes: new Uint8Array(chunk) });
    }
    if (this.#started && stdin.readableEnded) this.#send({ type: 'input-ended' });
  }

  #expectSettled(): void {
    Atomics.store(this.#interrupted, 0, 1);
    if (this.#patience === undefined) this.#echoed = false;
    this.#patience ??= setTimeout(() => this.#ended({ by: 'interrupt' }), PATIENCE_MILLISECONDS);
  }

  /** What the person must know of a thread that did not end by itself. */
  #tell(end: End): void {
    const { context, terminal } = this.#request;
    const line = terminal === undefined ? '\n' : '\r\n';
    if (this.#fullScreen) context.stdout.write(PLAIN_SCREEN);
    this.#fullScreen = false;
    if (end.by === 'interrupt' && !this.#echoed) context.stdout.write(`^C${line}`);
    if (end.by === 'memory')
      context.stderr.write(`anyfs: the shell was ended: it filled its ${end.mebibytes} MiB of memory${line}`);
    if (end.by !== 'fault') return;
    context.log.error('a shell failed', { error: end.error });
    context.stderr.write(`anyfs: the shell failed; the administrator can read why in the log${line}`);
  }
}

function endBy(error: NodeJS.ErrnoException): End {
  if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return { by: 'fault', error };
  return { by: 'memory', mebibytes: HEAP_MAX_MIB };
}
