import { connect, type Socket } from 'node:net';

/** A TCP connection that says exactly what a test writes. */
export interface RawSocket {
  readonly socket: Socket;
  /** Everything that the server has sent. */
  readonly received: () => Buffer;
  /** Milliseconds after connecting at which the server closed. */
  readonly closed: Promise<number>;
}

export async function rawSocket(port: number): Promise<RawSocket> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const begun = performance.now();
  const closed = new Promise<number>((resolve) => {
    socket.once('close', () => resolve(performance.now() - begun));
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, closed, received: () => Buffer.concat(chunks) };
}
