import type { Socket } from 'node:net';
import type { Config } from '../../config/schema.ts';
import type { Logger } from '../log.ts';
import type { Ledger } from './ledger.ts';
import type { FromWorker } from './messages.ts';
import { withinTime } from '../within-time.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

export interface WorkerSlotOptions {
  readonly config: Config;
  readonly hostKeys: readonly string[];
  readonly log: Logger;
  readonly workerMain: URL;
  /** How long a worker may take to end beyond the grace that its sessions are given. Default: a minute. */
  readonly patienceMilliseconds?: number | undefined;
}

/** A worker that took clients for so long does not die of what its forerunner died of. */
const LONG_LIFE_MILLISECONDS = 1000;
/** More than closing a full number of storages takes on a slow disk, and less than what service managers wait (systemd: 90 s). */
const PATIENCE_MILLISECONDS = 60_000;
const FIRST_DELAY_MILLISECONDS = 100;
const LONGEST_DELAY_MILLISECONDS = 10_000;

/** The place of one worker: a process that dies is replaced, the later the more died one after the other. */
export class WorkerSlot {
  readonly number: number;
  /** Called each time a worker is there. */
  onReady: () => void = () => {};
  /** Called with a client that a worker did not come to take. */
  onReturned: (socket: Socket) => void = (socket) => socket.destroy();
  readonly #ledger: Ledger;
  readonly #options: WorkerSlotOptions;
  /** Clients on their way. */
  readonly #handing = new Map<string, Socket>();
  #process: WorkerProcess | undefined;
  #ready = false;
  /** Infinity: it is not there yet. */
  #readyAt = Infinity;
  #closing = false;
  #shortLives = 0;
  #restart: NodeJS.Timeout | undefined;
  #readied: () => void = () => {};

  constructor(number: number, ledger: Ledger, options: WorkerSlotOptions) {
    this.number = number;
    this.#ledger = ledger;
    this.#options = options;
  }

  /** Is there a worker that takes clients? */
  get ready(): boolean {
    return this.#ready;
  }

  /** Starts the first worker; rejects where it ends before it is ready. */
  async start(): Promise<void> {
    const ready = new Promise<void>((resolve) => (this.#readied = resolve));
    const ended = this.#begin().ended.then((how): never => {
      throw new Error(`a worker process could not be started: ${how}`);
    });
    ended.catch(() => {});
    await Promise.race([ready, ended]);
  }

  /** Hands a client over. */
  give(socket: Socket, connection: string): void {
    const { remoteAddress = 'unknown' } = socket;
    this.#ledger.enter(this.number, connection, remoteAddress, () =>
      this.#process?.send({ kind: 'evict', connection }),
    );
    this.#handing.set(connection, socket);
    this.#process?.give({ kind: 'connection', connection }, socket);
  }

  /**
   * Ends sessions, storages and process, and starts no other. A worker that hangs is killed after a while: that loses nothing that
   * was acknowledged.
   */
  async close(graceMs: number): Promise<void> {
    const { log, patienceMilliseconds = PATIENCE_MILLISECONDS } = this.#options;
    this.#closing = true;
    this.#ready = false;
    clearTimeout(this.#restart);
    const worker = this.#process;
    if (worker === undefined) return;
    worker.send({ kind: 'close', graceMs });
    await withinTime(worker.ended, graceMs + patienceMilliseconds);
    if (this.#process === undefined) return;
    log.error('a worker process does not end when it is told to, and is killed', { worker: this.number });
    worker.kill();
    await worker.ended;
  }

  #begin(): WorkerProcess {
    const { config, hostKeys, workerMain, log } = this.#options;
    const worker = startWorkerProcess({
      main: workerMain,
      start: { number: this.number, config, hostKeys },
      onMessage: (message) => this.#take(worker, message),
    });
    this.#process = worker;
    void worker.ended.then((how) => {
      this.#process = undefined;
      this.#ready = false;
      this.#ledger.forget(this.number);
      const untaken = [...this.#handing.values()];
      this.#handing.clear();
      for (const socket of untaken) this.onReturned(socket);
      if (this.#closing) return;
      log.error('a worker process has ended; another takes its place', { worker: this.number, how });
      this.#beginAgain();
    });
    return worker;
  }

  #beginAgain(): void {
    const lived = performance.now() - this.#readyAt;
    this.#readyAt = Infinity;
    this.#shortLives = lived < LONG_LIFE_MILLISECONDS ? this.#shortLives + 1 : 0;
    const delay =
      this.#shortLives === 0
        ? 0
        : Math.min(LONGEST_DELAY_MILLISECONDS, FIRST_DELAY_MILLISECONDS * 2 ** (this.#shortLives - 1));
    this.#restart = setTimeout(() => void this.#begin(), delay);
  }

  #take(worker: WorkerProcess, message: FromWorker): void {
    if (message.kind === 'ready') {
      this.#ready = !this.#closing;
      this.#readyAt = performance.now();
      this.#readied();
      this.onReady();
    } else if (message.kind === 'taken') {
      // That closes the descriptor here, not the connection.
      this.#handing.get(message.connection)?.destroy();
      this.#handing.delete(message.connection);
    } else if ('id' in message) {
      worker.send({ kind: 'answer', id: message.id, value: this.#ledger.answer(this.number, message) });
    } else this.#ledger.note(this.number, message);
  }
}
