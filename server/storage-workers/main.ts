import { parentPort, workerData } from 'node:worker_threads';
import { PortChannel, serveBackend } from '../../vfs/backends/remote/index.ts';
import { SqliteBackend, type SqliteStorage } from '../../vfs/backends/sqlite/index.ts';
import { toVfsError, VfsError } from '../../vfs/errors.ts';
import type { CopyRequest, OpenRequest, ThreadNews, ThreadRequest } from './messages.ts';

/*
 * The program of a storage thread: opens storages and serves each on a port of its own. All calls that arrive in one
 * message run in one turn of this thread's event loop, and what they change is committed together.
 */

const memory = workerData as SharedArrayBuffer | undefined;
const tell = (news: ThreadNews): void => parentPort?.postMessage(news);
/** By their files: one that is still being closed is not opened again before that. */
const closing = new Map<string, Promise<void>>();
const storages = new Map<string, SqliteStorage>();
/** The copies that are being made, by the id of their request. */
const copies = new Map<number, AbortController>();

async function open({ id, name, file, options, port }: OpenRequest): Promise<void> {
  const onFailure = (error: VfsError): void => tell({ kind: 'failed', name, what: describe(error) });
  try {
    await closing.get(file);
    const backend = await SqliteBackend.open(file, { ...options, onBackgroundError: onFailure });
    const { ended } = serveBackend(backend, new PortChannel(port, memory), { disposes: true, onFailure });
    closing.set(file, ended);
    storages.set(file, backend);
    tell({ kind: 'done', id });
    await ended;
    if (closing.get(file) !== ended) return;
    closing.delete(file);
    storages.delete(file);
  } catch (error) {
    refuse(id, error);
    port.close();
  }
}

async function copy({ id, file, to }: CopyRequest): Promise<void> {
  const stopped = new AbortController();
  copies.set(id, stopped);
  try {
    const storage = storages.get(file);
    if (storage === undefined) throw new VfsError('EBADF', { detail: 'the storage is closed' });
    await storage.copyTo(to, stopped.signal);
    tell({ kind: 'done', id });
  } catch (error) {
    refuse(id, error);
  } finally {
    copies.delete(id);
  }
}

function refuse(id: number, error: unknown): void {
  const { code, detail } = toVfsError(error);
  tell({ kind: 'refused', id, code, detail });
}

/** With what caused it, which cannot leave this thread as it is. */
function describe(error: VfsError): string {
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.stack ?? cause.message}` : error.message;
}

parentPort?.on('message', (request: ThreadRequest) => {
  if (request.kind === 'open') void open(request);
  else if (request.kind === 'copy') void copy(request);
  else copies.get(request.id)?.abort();
});
