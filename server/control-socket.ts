import { createServer, type Socket } from 'node:net';
import {
  controlSocketPath,
  type ControlRequest,
  type ServerStatus,
  type StorageStatus,
} from './control-client.ts';
import type { Logger } from './log.ts';
import type { RunningServer } from './listen.ts';
import { fitsSocketPath, listenPrivately } from './private-socket.ts';
import { VERSION } from './version.ts';

export interface ControlSocket {
  /** Stops to listen and removes the socket. */
  close(): Promise<void>;
}

const REQUEST_LENGTH_MAX = 64 * 1024;

/**
 * Lets the command line of the same person reach the running server by DATA/control.sock (mode 0600), one JSON object
 * a line each way. Only for the holder of the data directory's lock, who alone may take away what a server that
 * ended badly left there.
 */
export async function openControlSocket(
  data: string,
  server: () => RunningServer | undefined,
  log: Logger,
): Promise<ControlSocket> {
  const path = controlSocketPath(data);
  if (!fitsSocketPath(path)) {
    log.warn('the path of the control socket is too long, so the command line cannot reach the server', {
      path,
    });
    return { close: async () => {} };
  }
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, (request) => answer(request, server()));
  });
  await listenPrivately(listener, path);
  listener.on('error', (error) => log.error('the control socket failed', { error }));
  return {
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        listener.close(() => resolve());
      }),
  };
}

/** Answers line by line until the other end has had enough. */
function serve(socket: Socket, reply: (request: ControlRequest) => object): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
      socket.write(`${JSON.stringify(replyTo(text.slice(0, end), reply))}\n`);
      text = text.slice(end + 1);
    }
    if (text.length > REQUEST_LENGTH_MAX) socket.destroy();
  });
}

function replyTo(line: string, reply: (request: ControlRequest) => object): object {
  try {
    return reply(JSON.parse(line) as ControlRequest);
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function answer(request: ControlRequest, server: RunningServer | undefined): ServerStatus | StorageStatus {
  switch (request.op) {
    case 'status':
      return {
        pid: process.pid,
        version: VERSION,
        listen: server?.addresses ?? [],
        connections: server?.connectionCount ?? 0,
        storages: server?.storages.names ?? [],
      };
    case 'storage':
      return { name: request.name, door: server?.doorTo(request.name) };
    default:
      throw new Error('there is no such operation');
  }
}
