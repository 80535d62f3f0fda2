export type { Channel, ChannelLimits, Receiver } from './channel.ts';
export { connectBackend, type RemoteBackend } from './connect.ts';
export { PortChannel } from './port-channel.ts';
export { serveBackend, type Served, type ServeOptions } from './serve.ts';
export { SOCKET_LIMITS, SocketChannel } from './socket-channel.ts';
export type { Message, WireValue } from './wire-value.ts';
