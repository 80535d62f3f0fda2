import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy whose connections break after so many bytes from the client. */
export interface CuttingProxy {
  readonly port: number;
  /** For the connections from now on. */
  cutAfter(bytes: number): void;
  close(): Promise<void>;
}

export async function cuttingProxy(target: number): Promise<CuttingProxy> {
  let limit = Infinity;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  };
  const proxy = createServer((client) => {
    const left = { bytes: limit };
    const server = connect(target, '127.0.0.1');
    keep(client);
    keep(server);
    const cut = (): void => {
      client.destroy();
      // A reset, as when a cable is cut and plugged in again, rather than a proper end.
      server.resetAndDestroy();
    };
    client.on('data', (chunk: Buffer) => {
      server.write(chunk.subarray(0, left.bytes));
      left.bytes -= chunk.length;
      if (left.bytes <= 0) setImmediate(cut);
    });
    server.on('data', (chunk: Buffer) => client.write(chunk));
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    cutAfter: (bytes) => {
      limit = bytes;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
