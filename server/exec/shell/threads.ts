import type { Worker } from 'node:worker_threads';
import { startThread } from '../../start-thread.ts';
import { HEAP_MAX_MIB } from './messages.ts';
import type { ShellLimits, ShellPlaces } from './places.ts';

/** A thread that is ready and not asked for ends after so long. */
const SPARE_MILLISECONDS = 10 * 60 * 1000;

export interface ShellThreadsOptions extends ShellLimits {
  readonly places: ShellPlaces;
}

/** The threads of a server's shells. One that is loaded and waits makes the next shell start at once. */
export class ShellThreads {
  readonly #options: ShellThreadsOptions;
  #spare: Worker | undefined;
  #spareTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ShellThreadsOptions) {
    this.#options = options;
  }

  /** A place for a shell of the account, to be left by the function that comes back; or why there is none. */
  async enter(account: string): Promise<(() => void) | string> {
    const { places, shellsPerAccount, maxShells } = this.#options;
    const place = await places.take(account);
    if (place === 'account') return `${shellsPerAccount} shells of ${account} are open, which is the limit`;
    if (place === 'server')
      return `${maxShells} shells are open on this server, which is the limit; try again later`;
    return place;
  }

  /** A thread whose code is loaded or being loaded. It belongs to the caller. */
  take(): Worker {
    const worker = this.#spare ?? startShell();
    this.#forgetSpare();
    worker.ref();
    return worker;
  }

  /** Makes a thread ready for the next `take`. */
  prepare(): void {
    if (this.#closed || this.#spare !== undefined) return;
    const spare = startShell();
    this.#spare = spare;
    spare.unref();
    spare.once('error', () => this.#drop(spare));
    spare.once('exit', () => this.#drop(spare));
    this.#spareTimer = setTimeout(() => {
      this.#drop(spare);
      void spare.terminate();
    }, SPARE_MILLISECONDS);
    this.#spareTimer.unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const spare = this.#spare;
    this.#forgetSpare();
    await spare?.terminate();
  }

  #drop(worker: Worker): void {
    if (this.#spare === worker) this.#forgetSpare();
  }

  #forgetSpare(): void {
    clearTimeout(this.#spareTimer);
    this.#spare = undefined;
  }
}

const MAIN = new URL('worker/main', import.meta.url);

/** It has no environment, no arguments, and no standard streams of the process. */
function startShell(): Worker {
  return startThread(MAIN, {
    name: 'shell',
    env: {},
    argv: [],
    execArgv: [],
    stdin: true,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MIB, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
  });
}
