import { parentPort, workerData } from 'node:worker_threads';
import { PortChannel, serveBackend } from '../../vfs/backends/remote/index.ts';
import { SqliteBackend } from '../../vfs/backends/sqlite/index.ts';
import { toVfsError, type VfsError } from '../../vfs/errors.ts';
import type { OpenRequest, ThreadNews } from './messages.ts';

/*
 * The program of a storage thread: opens storages and serves each on a port of its own. All calls that arrive in one
 * message run in one turn of this thread's event loop, and what they change is committed together.
 */

const memory = workerData as SharedArrayBuffer | undefined;
const tell = (news: ThreadNews): void => parentPort?.postMessage(news);
/** By their files: one that is still being closed is not opened again before that. */
const closing = new Map<string, Promise<void>>();

async function open({ id, name, file, options, port }: OpenRequest): Promise<void> {
  const onFailure = (error: VfsError): void => tell({ kind: 'failed', name, what: describe(error) });
  try {
    await closing.get(file);
    const backend = await SqliteBackend.open(file, { ...options, onBackgroundError: onFailure });
    const { ended } = serveBackend(backend, new PortChannel(port, memory), { disposes: true, onFailure });
    closing.set(file, ended);
    tell({ kind: 'opened', id });
    await ended;
    if (closing.get(file) === ended) closing.delete(file);
  } catch (error) {
    const { code, detail } = toVfsError(error);
    tell({ kind: 'refused', id, code, detail });
    port.close();
  }
}

/** With what caused it, which cannot leave this thread as it is. */
function describe(error: VfsError): string {
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.stack ?? cause.message}` : error.message;
}

parentPort?.on('message', (request: OpenRequest) => void open(request));
