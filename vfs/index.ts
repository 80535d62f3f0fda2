export { HostBackend, type HostBackendOptions } from './backends/host/index.ts';
export {
  connectBackend,
  PortChannel,
  serveBackend,
  SocketChannel,
  type Channel,
  type RemoteBackend,
  type Served,
  type ServeOptions,
} from './backends/remote/index.ts';
export {
  SqliteBackend,
  checkStorage,
  type SqliteOptions,
  type SqliteStorage,
} from './backends/sqlite/index.ts';
export * from './extensions/node/index.ts';
export * from './portable.ts';
