import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { connectBackend, PortChannel, type RemoteBackend } from '../../vfs/backends/remote/index.ts';
import type { SqliteStorage } from '../../vfs/backends/sqlite/index.ts';
import { VfsError } from '../../vfs/errors.ts';
import type { Logger } from '../log.ts';
import type { OpenRequest, ThreadNews, ThreadRequest } from './messages.ts';
import { startThread } from '../start-thread.ts';

/** JavaScript's own memory in one thread; what SQLite and the chunks of files take is outside of it. */
const HEAP_MEBIBYTES_MAX = 512;

const MAIN = new URL('main', import.meta.url);

export type StorageFile = Pick<OpenRequest, 'name' | 'file' | 'options'>;

/** A storage in a thread. */
export type ThreadStorage = RemoteBackend & Pick<SqliteStorage, 'copyTo'>;

/** What the thread was asked for. */
interface Asked {
  readonly resolve: () => void;
  readonly reject: (error: VfsError) => void;
}

/** A thread of storages. When it ends, by whatever fault, all that it had open is closed, and it takes no more. */
export class StorageThread {
  /** Resolves when the thread has ended: SQLite's locks are free then. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #log: Logger;
  readonly #memory: SharedArrayBuffer | undefined;
  readonly #asked = new Map<number, Asked>();
  #nextId = 1;
  #over = false;

  /** `memory`: what callers keep bytes in that neither thread is to copy. */
  constructor(log: Logger, memory: SharedArrayBuffer | undefined) {
    this.#log = log;
    this.#memory = memory;
    this.#worker = startThread(MAIN, {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES_MAX },
      workerData: memory,
    });
    // Storages that are open keep the process alive by their ports.
    this.#worker.unref();
    this.#worker.on('message', (news: ThreadNews) => this.#hear(news));
    this.#worker.on('error', (error) => {
      this.#over = true;
      log.error('a storage worker failed; its storages are opened again when they are asked for', { error });
    });
    this.ended = new Promise((resolve) =>
      this.#worker.once('exit', () => {
        this.#over = true;
        this.#refuseAll();
        resolve();
      }),
    );
  }

  /** It has failed, or ended. */
  get over(): boolean {
    return this.#over;
  }

  /** Rejects with what opening rejects with, or `EIO` where the thread ends first. */
  async open({ name, file, options }: StorageFile): Promise<ThreadStorage> {
    const { port1, port2 } = new MessageChannel();
    const id = this.#nextId++;
    const opened = this.#ask({ kind: 'open', id, name, file, options, port: port2 }, [port2]);
    const connecting = connectBackend(new PortChannel(port1, this.#memory));
    // Where it is not opened, that is told first.
    connecting.catch(() => {});
    await opened;
    return Object.assign(await connecting, {
      copyTo: (to: string, signal: AbortSignal) => this.#copy(file, to, signal),
    });
  }

  /** Ends it at once. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  async #copy(file: string, to: string, signal: AbortSignal): Promise<void> {
    const id = this.#nextId++;
    const stop = (): void => this.#worker.postMessage({ kind: 'stop', id } satisfies ThreadRequest);
    const copied = this.#ask({ kind: 'copy', id, file, to });
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    await copied.finally(() => signal.removeEventListener('abort', stop));
  }

  #ask(request: Exclude<ThreadRequest, { kind: 'stop' }>, transfers: MessagePort[] = []): Promise<void> {
    const asked = new Promise<void>((resolve, reject) => this.#asked.set(request.id, { resolve, reject }));
    if (this.#over) this.#refuseAll();
    else this.#worker.postMessage(request, transfers);
    return asked;
  }

  #hear(news: ThreadNews): void {
    if (news.kind === 'failed')
      return this.#log.error('a storage failed', { storage: news.name, error: news.what });
    const asked = this.#asked.get(news.id);
    this.#asked.delete(news.id);
    if (news.kind === 'done') asked?.resolve();
    else asked?.reject(new VfsError(news.code, { detail: news.detail }));
  }

  #refuseAll(): void {
    const error = new VfsError('EIO', { detail: 'the storage worker has ended' });
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}
