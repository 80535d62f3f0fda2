import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ListenAddress } from '../config/schema.ts';
import type { Logger } from './log.ts';

/** The sockets that a server listens on. */
export interface Listeners {
  /** Where it listens; the ports that the system chose where 0 was asked for. */
  readonly addresses: readonly ListenAddress[];
  /** Takes no more clients. */
  stop(): Promise<void>;
}

/** The system's queue of connections that wait to be accepted. */
const BACKLOG = 1024;

/** Listens on every address; rejects, with nothing left behind, where one cannot be had. `paused`: nothing is read from the sockets. */
export async function listenOn(
  addresses: readonly ListenAddress[],
  accept: (socket: Socket) => void,
  log: Logger,
  { paused = false } = {},
): Promise<Listeners> {
  const listeners: Server[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => stopListening(listener)));
  };
  try {
    for (const address of addresses) {
      const listener = createServer({ pauseOnConnect: paused }, accept);
      listeners.push(listener);
      await listen(listener, address, log);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { addresses: listeners.map(boundAddress), stop };
}

function listen(listener: Server, { host, port }: ListenAddress, log: Logger): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen({ host, port, backlog: BACKLOG }, () => {
      listener.off('error', reject);
      // Out of file descriptors, for example: the listener goes on.
      listener.on('error', (error) => log.error('a connection could not be accepted', { error }));
      resolve();
    });
  });
}

function boundAddress(listener: Server): ListenAddress {
  const { address, port } = listener.address() as AddressInfo;
  return { host: address, port };
}

function stopListening(listener: Server): Promise<void> {
  return new Promise((resolve) => listener.close(() => resolve()));
}
