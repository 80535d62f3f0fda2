import { MessageChannel, type Worker } from 'node:worker_threads';
import { connectBackend, PortChannel, type RemoteBackend } from '../../vfs/backends/remote/index.ts';
import { VfsError } from '../../vfs/errors.ts';
import type { Logger } from '../log.ts';
import type { OpenRequest, ThreadNews } from './messages.ts';
import { startThread } from '../start-thread.ts';

/** JavaScript's own memory in one thread; what SQLite and the chunks of files take is outside of it. */
const HEAP_MEBIBYTES_MAX = 512;

const MAIN = new URL('main', import.meta.url);

export type StorageFile = Pick<OpenRequest, 'name' | 'file' | 'options'>;

interface Opening {
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
  readonly #openings = new Map<number, Opening>();
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
  async open({ name, file, options }: StorageFile): Promise<RemoteBackend> {
    const { port1, port2 } = new MessageChannel();
    const id = this.#nextId++;
    const opened = new Promise<void>((resolve, reject) => this.#openings.set(id, { resolve, reject }));
    const request: OpenRequest = { id, name, file, options, port: port2 };
    this.#worker.postMessage(request, [port2]);
    const connecting = connectBackend(new PortChannel(port1, this.#memory));
    // Where it is not opened, that is told first.
    connecting.catch(() => {});
    await opened;
    return connecting;
  }

  /** Ends it at once. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(news: ThreadNews): void {
    if (news.kind === 'failed')
      return this.#log.error('a storage failed', { storage: news.name, error: news.what });
    const opening = this.#openings.get(news.id);
    this.#openings.delete(news.id);
    if (news.kind === 'opened') opening?.resolve();
    else opening?.reject(new VfsError(news.code, { detail: news.detail }));
  }

  #refuseAll(): void {
    const error = new VfsError('EIO', { detail: 'the storage worker has ended' });
    for (const { reject } of this.#openings.values()) reject(error);
    this.#openings.clear();
  }
}
