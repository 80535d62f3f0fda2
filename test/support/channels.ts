import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { PortChannel, SocketChannel, type Channel } from '../../vfs/backends/remote/index.ts';

/** Two ends that reach each other. */
export type ChannelPair = readonly [near: Channel, far: Channel];

export async function portPair(): Promise<ChannelPair> {
  const { port1, port2 } = new MessageChannel();
  return [new PortChannel(port1), new PortChannel(port2)];
}

export async function socketPair(): Promise<ChannelPair> {
  const [near, far] = await connectedSockets();
  return [new SocketChannel(near), new SocketChannel(far)];
}

/** Two ends of a Unix socket. */
export async function connectedSockets(): Promise<readonly [near: Socket, far: Socket]> {
  const directory = mkdtempSync(join(tmpdir(), 'anyfs-socket-'));
  try {
    const listener = createServer().listen(join(directory, 'socket'));
    await once(listener, 'listening');
    const arrives = once(listener, 'connection');
    const near = connect(join(directory, 'socket'));
    const [far] = (await arrives) as [Socket];
    listener.close();
    return [near, far];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Every way to carry messages. */
export const CHANNELS: Readonly<Record<string, () => Promise<ChannelPair>>> = {
  'a MessagePort': portPair,
  'a Unix socket': socketPair,
};
